"""Signed zones whose validation is meant to cost (KeyTrap, CVE-2023-50387; NSEC3, CVE-2023-50868), for NSD to serve."""
import base64
import os
import random
import struct
import subprocess
import time

KEYS, SIGNATURES, NAMES = 60, 60, 20
P384 = 2**384 - 2**128 - 2**96 + 2**32 - 1
GENERATOR = (0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
             0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f)
FLAG_ZONE, FLAG_REVOKED, TAG = 0x100, 0x80, 4711


def add(p, q):
    """The sum of two points of P-384."""
    if p == q:
        slope = (3 * p[0] * p[0] - 3) * pow(2 * p[1], -1, P384)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P384)
    x = (slope * slope - p[0] - q[0]) % P384
    return x, (slope * (p[0] - x) - p[1]) % P384


def colliding_keys(count):
    """So many DNSKEYs that are points of the curve and have the same tag: the flags make up for the difference."""
    point, found = GENERATOR, []
    while len(found) < count:
        point = add(point, GENERATOR)
        octets = point[0].to_bytes(48, "big") + point[1].to_bytes(48, "big")
        total = sum(struct.unpack("!49H", struct.pack("!BB", 3, 14) + octets))
        for carry in range(0, 64):
            flags = TAG + 0x10000 * carry - carry - total
            if 0 <= flags < 0x10000 and flags & FLAG_ZONE and not flags & FLAG_REVOKED and tag_of(flags, octets) == TAG:
                found.append(f"DNSKEY {flags} 3 14 {base64.b64encode(octets).decode()}")
                break
    return found


def tag_of(flags, octets):
    total = flags + sum(struct.unpack("!49H", struct.pack("!BB", 3, 14) + octets))
    return (total + (total >> 16)) & 0xffff


def run(folder, *argv):
    return subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def sign(folder, zone, text, *options):
    """Returns the path of the signed zone and its DS."""
    name = zone.rstrip(".")
    with open(f"{folder}/{name}.zone", "w", encoding="ascii") as f:
        f.write("$TTL 300\n@ SOA ns.keys. h.keys. 1 3600 600 86400 60\n@ NS ns.keys.\n" + text)
    key = run(folder, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone)
    run(folder, "ldns-signzone", *options, "-o", zone, "-f", f"{name}.signed", f"{name}.zone", key)
    with open(f"{folder}/{key}.ds", encoding="ascii") as f:
        return f"{folder}/{name}.signed", f.read()


def false_signatures(path, rng):
    """Takes the signatures of all names but the apex away, and puts false ones of the colliding keys there."""
    with open(path, encoding="ascii") as f:
        lines = f.read().splitlines()
    kept = [x for x in lines if not (x.startswith("a") and "RRSIG" in x and "\tA " in x)]
    until = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 86400))
    since = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - 86400))
    for i in range(NAMES):
        for _ in range(SIGNATURES):
            signature = base64.b64encode(rng.randbytes(47).rjust(48, b"\1") + rng.randbytes(47).rjust(48, b"\1")).decode()
            kept.append(f"a{i}.sig.keys. 300 IN RRSIG A 14 3 300 {until} {since} {TAG} sig.keys. {signature}")
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(kept) + "\n")


def make(folder, server):
    """Writes the zones; returns {zone: file} and the DS of keys."""
    os.makedirs(folder)
    rng = random.Random(7)
    keys = colliding_keys(KEYS)
    names = "".join(f"a{i} A 203.0.113.1\n" for i in range(NAMES))
    zones, delegations = {}, ""
    for zone, text, options in (("plain.keys.", names, ()), ("sig.keys.", names + "".join(f"@ {k}\n" for k in keys), ()),
                                ("n3.keys.", names, ("-n", "-t", "150")), ("n3x.keys.", names, ("-n", "-t", "2500"))):
        zones[zone], ds = sign(folder, zone, text, *options)
        delegations += f"{zone} NS ns.keys.\n{ds}"
    false_signatures(zones["sig.keys."], rng)
    # DS that fit the tag of each key, and none of them
    zones["ds.keys."], _ = sign(folder, "ds.keys.", names + "".join(f"@ {k}\n" for k in keys))
    delegations += "ds.keys. NS ns.keys.\n" + "".join(f"ds.keys. DS {TAG} 14 2 {rng.randbytes(32).hex()}\n" for _ in range(KEYS))
    zones["keys."], anchor = sign(folder, "keys.", f"ns A {server}\n" + delegations)
    return zones, anchor
