// A template as it is once it is deployed: every reference is an ARN or a name.

import { readFileSync } from "node:fs";

export const ACCOUNT = "111122223333";
export const OTHER_ACCOUNT = "444455556666";
export const REGION = "eu-central-1";

const regional = (service, rest) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

// For each type, its ARN; and what `Ref` is, where that is not the name.
const TYPES = {
  "AWS::CloudWatch::Alarm": { arn: (name) => regional("cloudwatch", `alarm:${name}`) },
  "AWS::DynamoDB::Table": { arn: (name) => regional("dynamodb", `table/${name}`) },
  "AWS::Events::Rule": { arn: (name) => regional("events", `rule/${name}`) },
  "AWS::IAM::ManagedPolicy": { arn: (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`, refIsArn: true },
  "AWS::IAM::Role": { arn: (name) => `arn:aws:iam::${ACCOUNT}:role/${name}` },
  "AWS::KMS::Key": { arn: (name) => regional("kms", `key/${name}`) },
  "AWS::Lambda::Function": { arn: (name) => regional("lambda", `function:${name}`) },
  "AWS::Logs::LogGroup": { arn: (name) => regional("logs", `log-group:${name}:*`) },
  "AWS::SecretsManager::Secret": { arn: (name) => regional("secretsmanager", `secret:${name}`), refIsArn: true },
  "AWS::S3::Bucket": { arn: (name) => `arn:aws:s3:::${name}` },
  "AWS::SQS::Queue": { arn: (name) => regional("sqs", name) },
};

export class Stack {
  constructor(path) {
    this.name = path.split("/").pop().replace(".template.json", "");
    this.template = JSON.parse(readFileSync(path, "utf8"));
  }

  ids(type) {
    const resources = Object.entries(this.template.Resources);
    return resources.filter(([, it]) => it.Type === type).map(([id]) => id);
  }

  // The property of a resource, resolved.
  property(id, name) {
    return this.resolve(this.template.Resources[id].Properties[name]);
  }

  arn(id) {
    const { Type, Properties } = this.template.Resources[id];
    const explicit = Type === "AWS::Events::Rule" ? Properties.Name : undefined;
    const type = TYPES[Type];
    if (!type) throw new Error(`${id}: what the ARN of ${Type} is, nobody has said`);
    return type.arn(explicit ?? `${this.name}-${id}-1A2B3C`);
  }

  // The identity policies of a role.
  policiesOf(role) {
    const arns = this.property(role, "ManagedPolicyArns") ?? [];
    const policies = this.ids("AWS::IAM::ManagedPolicy").filter((id) => arns.includes(this.arn(id)));
    if (policies.length !== arns.length) throw new Error(`${role} has a policy that is not of this stack`);
    return policies.map((id) => ({ name: id, policy: this.property(id, "PolicyDocument") }));
  }

  resolve(value) {
    if (Array.isArray(value)) return value.map((it) => this.resolve(it));
    if (value === null || typeof value !== "object") return value;
    if ("Ref" in value) return this.#reference(value.Ref);
    if ("Fn::GetAtt" in value) {
      const [id, attribute] = value["Fn::GetAtt"];
      if (attribute !== "Arn") throw new Error(`${id}.${attribute}: what that is, nobody has said`);
      return this.arn(id);
    }
    if ("Fn::Sub" in value) {
      const [text, variables] = [value["Fn::Sub"]].flat();
      return text.replace(/\$\{([^}]+)\}/g, (_, name) =>
        this.resolve(variables?.[name] ?? { Ref: name }),
      );
    }
    if ("Fn::Select" in value) {
      const [index, list] = value["Fn::Select"];
      return this.resolve(list)[index];
    }
    if ("Fn::Split" in value) {
      const [separator, text] = value["Fn::Split"];
      return this.resolve(text).split(separator);
    }
    return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, this.resolve(it)]));
  }

  #reference(name) {
    const [id, attribute] = name.split(".");
    if (attribute === "Arn") return this.arn(id);
    const pseudo = {
      "AWS::AccountId": ACCOUNT,
      "AWS::Partition": "aws",
      "AWS::Region": REGION,
      "AWS::StackName": this.name,
      "AWS::URLSuffix": "amazonaws.com",
    }[name];
    if (pseudo) return pseudo;
    const resource = this.template.Resources[name];
    if (!resource) return `parameter-${name}`;
    return TYPES[resource.Type]?.refIsArn ? this.arn(name) : `${this.name}-${name}-1A2B3C`;
  }
}
