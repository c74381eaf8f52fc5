"""postfix-mta-sts-resolver in the lab, and how much memory its cache takes.

It speaks to the ports of the standards and to the resolvers of the system. The lab has others, so
names are looked up at the lab's resolver and its port put in place of 443; nothing else of the
program is touched.
"""

import argparse
import asyncio
import os
import sys
import time
import tomllib

from postfix_mta_sts_resolver import base_cache, internal_cache


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser("serve", help="run the daemon")
    serve_parser.add_argument("--lab", required=True, help="the lab's configuration")
    serve_parser.add_argument("--config", required=True, help="the daemon's own")
    fill_parser = commands.add_parser("fill", help="fill the memory cache, print MiB resident")
    fill_parser.add_argument("policies", type=int)
    args = parser.parse_args()
    if args.command == "serve":
        serve(args)
    else:
        asyncio.run(fill(args.policies))


def serve(args):
    with open(args.lab, "rb") as file:
        network = tomllib.load(file)["network"]
    os.environ["SSL_CERT_FILE"] = network["roots"]
    # The roots are read when this is imported.
    from postfix_mta_sts_resolver import daemon

    point_at_lab(network)
    sys.argv = ["mta-sts-daemon", "-c", args.config]
    sys.exit(daemon.main())


def point_at_lab(network):
    import aiodns
    import aiohttp.connector
    import aiohttp.resolver

    address, _, port = network["dns"].rpartition(":")
    ordinary = aiodns.DNSResolver

    def lab_resolver(*_, timeout=None, loop=None, **options):
        return ordinary(
            nameservers=[address], udp_port=int(port), tcp_port=int(port), timeout=timeout, loop=loop
        )

    class LabHosts(aiohttp.resolver.AbstractResolver):
        def __init__(self, *_, **__):
            self.resolver = lab_resolver(loop=asyncio.get_running_loop())

        async def resolve(self, host, port=0, family=0):
            records = await self.resolver.query(host, "A")
            place = {"port": network["ports"]["https"], "family": 2, "proto": 0, "flags": 0}
            return [{"hostname": host, "host": record.host, **place} for record in records]

        async def close(self):
            pass

    aiodns.DNSResolver = lab_resolver
    aiohttp.connector.DefaultResolver = LabHosts


async def fill(policies):
    before = resident_mib()
    cache = internal_cache.InternalLRUCache(policies)
    now = time.time()
    for number in range(1, policies + 1):
        domain = f"sound-{number:06}.bulk.example"
        # As its parser makes it of a file: every text is an object of its own.
        body = {
            "mx": [f"mx.{domain}"],
            "version": bytes(b"STSv1").decode(),
            "mode": bytes(b"enforce").decode(),
            "max_age": int("1209600"),
        }
        entry = base_cache.CacheEntry(now + 0.0, bytes(b"20260101T000000Z").decode(), body)
        await cache.set(domain, entry)
    print(resident_mib(), before)


def resident_mib():
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


if __name__ == "__main__":
    main()
