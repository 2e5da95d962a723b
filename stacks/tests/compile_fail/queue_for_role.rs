use stacks::{
    Template,
    resources::{
        lambda_function::{Code, Function},
        sqs_queue::Queue,
    },
};

fn main() {
    let mut template = Template::new("a queue's ARN where a role's is wanted");
    let queue = template.add(&["queue"], &Queue::new()).unwrap();
    let _ = Function::new(Code::new(), queue.arn());
}
