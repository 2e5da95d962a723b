use stacks::{Template, resources::sqs_queue::Queue};

fn main() {
    let mut template = Template::new("an attribute that the type does not have");
    let queue = template.add(&["queue"], &Queue::new()).unwrap();
    let _ = queue.stream_arn();
}
