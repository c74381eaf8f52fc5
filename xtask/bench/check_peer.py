"""The checks of `ironpost check --skip smtp,dane` with checkdmarc's Python API, on a list.

checkdmarc speaks to the ports of the standards. The lab has others, so host names are looked up
at the lab's resolver and its ports put in place of 443 and 25; nothing else of it is touched.
One process for each core, `--in-flight` threads over all of them.
"""

import argparse
import json
import os
import socket
import time
import tomllib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import dns.resolver


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True, help="the lab's ironpost.toml")
    parser.add_argument("--input", required=True, help="domains, one a line")
    parser.add_argument("--output", required=True, help="results, JSON lines")
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--starttls", action="store_true", help="look at every MX host too")
    args = parser.parse_args()
    with open(args.config, "rb") as file:
        network = tomllib.load(file)["network"]
    with open(args.input, encoding="ascii") as file:
        domains = file.read().split()
    processes = os.cpu_count() or 1
    threads = max(1, args.in_flight // processes)
    shards = [domains[n::processes] for n in range(processes)]
    work = [(shard, network, threads, args.starttls) for shard in shards]
    with ProcessPoolExecutor(processes) as pool, open(args.output, "w", encoding="ascii") as file:
        for results in pool.map(check_shard, work):
            for result in results:
                print(json.dumps(result), file=file)


def check_shard(work):
    domains, network, threads, starttls = work
    # Both are read when the first connection is made.
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = network["roots"]
    server = network["dns"] if isinstance(network["dns"], str) else network["dns"][0]
    address, _, port = server.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [address], int(port)
    point_at_lab(resolver, {443: network["ports"]["https"], 25: network["ports"]["smtp"]})
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda domain: check(domain, resolver, starttls), domains))


def point_at_lab(resolver, ports):
    """Look names up at the lab's resolver, and put the lab's ports in."""
    ordinary = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or not name.endswith(".example"):
            return ordinary(host, port, *rest, **options)
        addresses = [answer.to_text() for answer in resolver.resolve(name, "A")]
        to = ports.get(int(port), int(port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, to)) for a in addresses]

    socket.getaddrinfo = look_up


def check(domain, resolver, starttls):
    begin = time.monotonic()
    fault = fault_of(domain, resolver, starttls)
    return {"domain": domain, "elapsed_ms": (time.monotonic() - begin) * 1000, "fault": fault}


def fault_of(domain, resolver, starttls):
    """What checkdmarc has against the domain; None if nothing."""
    from checkdmarc import mta_sts, smtp, smtp_tls_reporting, utils

    sts = mta_sts.check_mta_sts(domain, resolver=resolver)
    if not sts["valid"]:
        return sts["error"]
    hosts = [mx["hostname"] for mx in utils.get_mx_records(domain, resolver=resolver)]
    for host in hosts:
        if not mta_sts.mx_in_mta_sts_patterns(host.rstrip("."), sts["policy"]["mx"]):
            return f"{host} is not in the policy"
    reporting = smtp_tls_reporting.check_smtp_tls_reporting(domain, resolver=resolver)
    if not reporting["valid"]:
        return reporting["error"]
    if starttls:
        for host in hosts:
            try:
                if not smtp.test_starttls(host):
                    return f"{host} offers no STARTTLS"
            except smtp.SMTPError as error:
                return f"{host}: {error}"
    return None


if __name__ == "__main__":
    main()
