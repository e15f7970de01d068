"""The other side, in boto3: `loop` is one call per address and port, as address services show it in
their documentation; `batch` puts the same into as few calls as EC2 takes, knowing beforehand what to
add and what to remove. Neither reads what is there."""

import json
import sys
import time

import boto3

resource = boto3.resource("ec2")
client = resource.meta.client


def permission(port, addresses):
    ranges = [{"CidrIp": f"{address}/32"} for address in addresses]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}


def loop(job, add, remove):
    for group in job["groups"]:
        security_group = resource.SecurityGroup(group["id"])
        for port in group["ports"]:
            at = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
            # One out for one in, or the group's quota of 60 rules ends the loop in the middle.
            for index in range(max(len(add), len(remove))):
                if index < len(add):
                    security_group.authorize_ingress(CidrIp=f"{add[index]}/32", **at)
                if index < len(remove):
                    security_group.revoke_ingress(CidrIp=f"{remove[index]}/32", **at)
    change_list(job, [([address], []) for address in add] + [([], [address]) for address in remove])


def batch(job, add, remove):
    for group in job["groups"]:
        # In this order, since old and new together may be more than the quota of 60.
        if remove:
            client.revoke_security_group_ingress(
                GroupId=group["id"], IpPermissions=[permission(port, remove) for port in group["ports"]]
            )
        if add:
            client.authorize_security_group_ingress(
                GroupId=group["id"], IpPermissions=[permission(port, add) for port in group["ports"]]
            )
    change_list(job, [(part, []) for part in parts(add)] + [([], part) for part in parts(remove)])


def parts(addresses):
    return [addresses[first : first + 100] for first in range(0, len(addresses), 100)]


def change_list(job, changes):
    if "prefixList" not in job:
        return
    name = job["prefixList"]
    version = client.describe_managed_prefix_lists(PrefixListIds=[name])["PrefixLists"][0]["Version"]
    for added, removed in changes:
        entries = {
            "AddEntries": [{"Cidr": f"{address}/32"} for address in added],
            "RemoveEntries": [{"Cidr": f"{address}/32"} for address in removed],
        }
        client.modify_managed_prefix_list(
            PrefixListId=name, CurrentVersion=version, **{key: value for key, value in entries.items() if value}
        )
        version += 1


change = {"loop": loop, "batch": batch}[sys.argv[1]]
for line in sys.stdin:
    job = json.loads(line)
    before, after = set(job["before"]), set(job["after"])
    add = [address for address in job["after"] if address not in before]
    remove = [address for address in job["before"] if address not in after]
    start = time.perf_counter()
    change(job, add, remove)
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
