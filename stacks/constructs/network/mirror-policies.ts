/** Policy documents for reading packages: of the endpoints, the repository and a role. Pure. */

/** A grant in the policy of the S3 endpoint. */
export interface BucketGrant {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export interface MirrorArns {
  readonly domain: string;
  readonly repository: string;
}

/**
 * The four actions of an installation. To get a token, a principal must also be allowed sts:GetServiceBearerToken. That
 * action supports no resources, so a condition limits it to CodeArtifact.
 */
function installing({ domain, repository }: MirrorArns): object[] {
  return [
    { Sid: "Token", Effect: "Allow", Action: "codeartifact:GetAuthorizationToken", Resource: domain },
    {
      Sid: "BearerToken",
      Effect: "Allow",
      Action: "sts:GetServiceBearerToken",
      Resource: "*",
      Condition: { StringEquals: { "sts:AWSServiceName": "codeartifact.amazonaws.com" } },
    },
    {
      Sid: "ReadPackages",
      Effect: "Allow",
      Action: ["codeartifact:GetRepositoryEndpoint", "codeartifact:ReadFromRepository"],
      Resource: repository,
    },
  ];
}

/**
 * Restricts the statement to these roles, by a condition instead of principals: a policy that names a role as principal
 * is refused until the role exists, and stops working when the role is recreated.
 */
function toRoles(statement: object, roles: readonly string[]): object {
  const { Condition = {} } = statement as { readonly Condition?: object };
  return { ...statement, Principal: "*", Condition: { ...Condition, ArnEquals: { "aws:PrincipalArn": [...roles] } } };
}

/** Policy of both CodeArtifact endpoints. */
export function endpointPolicy(arns: MirrorArns, roles: readonly string[]): string {
  return policy(installing(arns).map((statement) => toRoles(statement, roles)));
}

/** Policy of the team's repository. Its upstreams are read through it and need none. */
export function repositoryPolicy({ repository }: MirrorArns, roles: readonly string[]): string {
  const read = {
    Sid: "ReadPackages",
    Effect: "Allow",
    Action: "codeartifact:ReadFromRepository",
    Resource: repository,
  };
  return policy([toRoles(read, roles)]);
}

/** Policy of a role that installs packages. */
export function readerPolicy(arns: MirrorArns): string {
  return policy(installing(arns));
}

/** Policy of the gateway endpoint for S3: these buckets, and no others. */
export function bucketsPolicy(grants: readonly BucketGrant[]): string {
  return policy(
    grants.map(({ sid, actions, resources }) => ({
      Sid: sid,
      Effect: "Allow",
      Principal: "*",
      Action: [...actions],
      Resource: [...resources],
    })),
  );
}

function policy(Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
