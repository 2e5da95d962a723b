use stacks::{
    Template,
    resources::{cloudwatch_alarm::Alarm, sqs_queue::Queue},
};

fn main() {
    let mut template = Template::new("alarms start functions and topics, not queues");
    let queue = template.add(&["queue"], &Queue::new()).unwrap();
    let mut alarm = Alarm::new();
    alarm.alarm_actions = Some(vec![queue.arn().into()].into());
}
