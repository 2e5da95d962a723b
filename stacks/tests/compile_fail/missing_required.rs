use stacks::resources::lambda_function::{Code, Function};

fn main() {
    let _ = Function::new(Code::new());
}
