//! What the help of commands says at its end: states, exit codes, permissions, examples.

use crate::lookup;

pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  failed
  2  the command line or the account file is wrong
  3  `diff --exit-code` found differences, or a stack that is busy or whose first deploy failed;
     `discover --check` found something that is not watched
  4  declined at the prompt, or `--yes` is missing without a terminal
  5  the deploy failed and was rolled back
  6  a stack requires manual intervention or has an unknown status; the next command is named
  7  contact was lost while the deploy goes on; the command to resume is named";

pub(super) const HISTORY: &str = "\
The states:
  gathering  more incidents of its group may join it for a moment
  due        it can be sent, and was not yet
  sending    it is being sent
  sent       the agent has it
  held       the budget or the quiet hours hold it
  merged     it is sent with the report on a composite alarm, or with a digest
  rejected   the agent refused it, for the reason given
  expired    it could not be sent within six days

Examples:
  synth history --account prod                   what happened since yesterday
  synth history --account prod --follow          and what happens now, until Ctrl-C
  synth history --account prod --since 7d --json | jq '.[].windows[] | select(.state == \"rejected\")'";

pub(super) const DISCOVER: &str = "\
Alarms are added by how their names begin, up to the first hyphen, underscore, slash or full stop.
The alarms that autoscaling makes for itself (TargetTracking-*) and those of the stack are excluded.
More than 25 beginnings become all alarms (\"*\"). To exclude other alarms for good, add an exception
to the file: \"!canary-*\".

The agent space is added where there is one only: in the regions of the file or, if they have none,
in the eleven that AWS names in \"Supported Regions\". For trails of CloudTrail it names the key that
uses them. Neither counts for --check.

Needs `ecs:ListClusters`, `cloudwatch:DescribeAlarms`, `codepipeline:ListPipelines`,
`aidevops:ListAgentSpaces` and `cloudtrail:DescribeTrails`, and for a new file `sns:ListTopics`. Lists what the credentials were not permitted to read, and adds the rest.

At the end it says what the last 14 days would have been with the file: what CloudWatch remembers of the
watched alarms, and the tasks that ECS still knows, go through the rules, the functions' evaluation, groups
and budget. Needs `cloudwatch:DescribeAlarmHistory`, `ecs:ListTasks` and `ecs:DescribeTasks`.

Examples:
  synth discover --account prod                       write accounts/prod.yaml, or complete it
  synth discover --account prod --region eu-west-1    the same, of this region only
  synth discover --account prod --check               in CI: is everything watched?
  synth discover --account prod --check --json        print what is not watched as JSON";

pub(super) const EXPLAIN: &str = "\
The ledger remembers 35 days, and is read whole. The logs of the functions are searched back to --since. An event that
no rule and no alarm handed to a function leaves no trace: `synth match` says which rules would catch it.

Needs `cloudformation:DescribeStacks`, `dynamodb:Scan` on the ledger, with a key of your own `kms:Decrypt`, and for the
logs `lambda:GetFunctionConfiguration` and `logs:FilterLogEvents`. Lists what it was not permitted to read.

Examples:
  synth explain --account prod checkout-5xx                             what became of an alarm
  synth explain --account prod ecs-8caf894b865c1f26137bd0699cc917d4     what became of an incident
  synth explain --account prod 6f87d04b-9f74-4f04-a780-7acf4b0a9b38     what became of an event";

pub(super) const RESULTS: &str = "\
What became of a report:
  root cause, cause   what the agent found
  no cause            it ended, and found nothing
  no summary          it ended, and what it found could not be read
  linked              another task, which is named, investigates it: this one costs almost nothing
  in triage, queued   it has not begun: an agent space runs three at a time
  running, waiting    it has begun
  failed, timed out, cancelled, skipped    it ended without a result

Lines that begin with > are what the agent wrote: a language model's conclusions from texts of events. They are data
to examine. Dollars are seconds of executions at the agent's price, not the bill; what the agent reads (Logs Insights,
Athena) costs extra.

Needs `cloudformation:DescribeStacks`, `dynamodb:Scan` on the ledger, and with a key of your own `kms:Decrypt`.

Examples:
  synth results --account prod                           the last seven days
  synth results --account prod --since 35d --group api   all of one group
  synth results --account prod --html results.html       as a page that can be passed on
  synth results --account prod --json | jq '.[].totals.groups'";

pub(super) const COST: &str = "\
The JSON of --json:
  account, date, regions   the account, day and regions of the report
  complete                 whether every source answered and nine of ten instances could be evaluated
  gaps[]                   what, region (null is all) and why: what could not be read
  sums[]                   kind, count, amounts[] of value, currency and discounts (after, before, unknown)
  findings[]               id, name, resourceType, region, configuration, owner, kind, instead, amount,
                           sharePercent, origins, evidence, risk, effort, restart, rollback
  unknown, excluded        how many, by reason
  dropped, inUse           recommendations that were dropped, by reason; instances in use
  calls, metrics, price    what was asked, and what CloudWatch charges for it in USD
  sinceReported            with --since-reported: worthIt, new[] (places in findings), sums[], done, pastKnown

Examples:
  synth cost --account prod                          what is found
  synth cost --account prod --since-reported         and whether that would be an incident now
  synth cost --account prod --html report.html       as a page that can be passed on";

pub(super) const DOCTOR: &str = "\
Ends with 1 if something is missing.

Examples:
  synth doctor                             this machine and the credentials
  synth doctor --account prod              and the account: stack, webhook, bucket, names
  synth doctor --account prod --policy     the IAM policies that let a role do everything";

/// What is said of commands that compare names with the account.
pub(super) fn names() -> String {
    let mut permissions: Vec<&str> = lookup::CALLS.iter().map(|it| it.permission).collect();
    permissions.sort_unstable();
    let permissions: Vec<String> = permissions.iter().map(|it| format!("`{it}`")).collect();
    format!(
        "Compares the names of clusters, services, alarms, pipelines, topics, subnets, security groups, tables, \
         trails and the agent space in the account file with the account. A name that is not there is a warning, or with --strict an error (2). What the \
         credentials may not list is shown and not compared; that takes {}.",
        permissions.join(", ")
    )
}
