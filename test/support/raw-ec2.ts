/** Speaks to the emulator by bare HTTP: a witness that shares nothing with the code under test. */

export interface RawRule {
  readonly id: string;
  /** `tcp 22-22 203.0.113.7/32` */
  readonly content: string;
  readonly source: string;
  readonly description: string;
}

export class RawEc2 {
  constructor(private readonly url: string) {}

  async call(action: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
    const response = await fetch(this.url, {
      method: "POST",
      body: new URLSearchParams({ Action: action, Version: "2016-11-15", ...parameters }),
      headers: {
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
      },
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`${action}: ${body}`);
    return body;
  }

  async createGroup(name: string): Promise<string> {
    const body = await this.call("CreateSecurityGroup", { GroupName: name, GroupDescription: "test" });
    return textOf(body, "groupId");
  }

  async deleteGroup(GroupId: string): Promise<void> {
    await this.call("DeleteSecurityGroup", { GroupId });
  }

  async allow(GroupId: string, port: number, cidr: string, description: string): Promise<void> {
    const [range, key] = cidr.includes(":") ? ["Ipv6Ranges", "CidrIpv6"] : ["IpRanges", "CidrIp"];
    await this.call("AuthorizeSecurityGroupIngress", {
      GroupId,
      "IpPermissions.1.IpProtocol": "tcp",
      "IpPermissions.1.FromPort": String(port),
      "IpPermissions.1.ToPort": String(port),
      [`IpPermissions.1.${range}.1.${key}`]: cidr,
      [`IpPermissions.1.${range}.1.Description`]: description,
    });
  }

  async revoke(GroupId: string, ...ruleIds: readonly string[]): Promise<void> {
    const ids = ruleIds.map((id, index) => [`SecurityGroupRuleId.${index + 1}`, id]);
    await this.call("RevokeSecurityGroupIngress", { GroupId, ...Object.fromEntries(ids) });
  }

  async rules(groupId: string): Promise<RawRule[]> {
    const body = await this.call("DescribeSecurityGroupRules", {
      "Filter.1.Name": "group-id",
      "Filter.1.Value.1": groupId,
    });
    return body
      .split("<securityGroupRuleId>")
      .slice(1)
      .filter((item) => textOf(item, "isEgress") === "false")
      .map((item) => {
        const source = textOf(item, "cidrIpv4") || textOf(item, "cidrIpv6") || textOf(item, "prefixListId");
        const ports = `${textOf(item, "fromPort")}-${textOf(item, "toPort")}`;
        return {
          id: item.slice(0, item.indexOf("<")),
          content: `${textOf(item, "ipProtocol")} ${ports} ${source}`,
          source,
          description: textOf(item, "description"),
        };
      });
  }

  async createPrefixList(name: string, family: "IPv4" | "IPv6", maxEntries: number): Promise<string> {
    const body = await this.call("CreateManagedPrefixList", {
      PrefixListName: name,
      AddressFamily: family,
      MaxEntries: String(maxEntries),
    });
    return textOf(body, "prefixListId");
  }

  async addEntry(PrefixListId: string, cidr: string, description: string): Promise<void> {
    const list = await this.call("DescribeManagedPrefixLists", { "PrefixListId.1": PrefixListId });
    await this.call("ModifyManagedPrefixList", {
      PrefixListId,
      PrefixListName: textOf(list, "prefixListName"),
      CurrentVersion: textOf(list, "version"),
      "AddEntry.1.Cidr": cidr,
      "AddEntry.1.Description": description,
    });
  }

  async entries(PrefixListId: string): Promise<{ cidr: string; description: string }[]> {
    const body = await this.call("GetManagedPrefixListEntries", { PrefixListId });
    return body
      .split("<item>")
      .slice(1)
      .map((item) => ({ cidr: textOf(item, "cidr"), description: textOf(item, "description") }));
  }
}

/** Text of the first element of that name. */
export function textOf(xml: string, element: string): string {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? "";
}
