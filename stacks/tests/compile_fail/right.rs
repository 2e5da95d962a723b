use stacks::{
    PolicyDocument, Template,
    resources::{
        iam_role::Role,
        lambda_function::{Code, Function},
    },
};

fn main() {
    let mut template = Template::new("right");
    let role = template.add(&["role"], &Role::new(PolicyDocument::new([]))).unwrap();
    let function = Function { timeout: Some(30.into()), ..Function::new(Code::new(), role.arn()) };
    template.add(&["function"], &function).unwrap();
}
