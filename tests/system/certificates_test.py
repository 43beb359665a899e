#!/usr/bin/env python3
"""A PBX whose certificate a phone would reject ranks behind one with a good certificate; if all have such a certificate, nothing moves."""
import json
import os
import re
import shutil
import ssl
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authority import Authority
from node import Node
from oddpbx import ODD, Tcp, reply
from tap import BUILD, Test, free_port, within

NAME, MAIN, SPARE = "pbx.wildixin.com", "127.0.0.41", "127.0.0.42"
CONF = """pbxs:
  - {{ name: main, addresses: [ {main} ], endpoints: [ tls@{port} ], failover: [ spare ], hold: 0s, ca-file: ../ca.pem }}
  - {{ name: spare, addresses: [ {spare} ], endpoints: [ tls@{port} ], hold: 0s, ca-file: ../ca.pem }}
live: [ {{ name: {name}, home: main }} ]
"""


def row(node, pbx):
    try:
        rows = json.loads(node.deputy("--json", "pbx", "list").stdout)["pbxs"]
    except (ValueError, KeyError):
        return {}
    return next((r for r in rows if r["pbx"] == pbx), {})


def toy(t, address, port, certificate):
    return t.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"tls@{address}:{port}", "--certificate", f"{t.scratch}/{certificate}.pem",
                    "--key", f"{t.scratch}/{certificate}.key"])


def case(t, fault, words):
    port = free_port()
    main, spare = toy(t, MAIN, port, fault), toy(t, SPARE, port, "good")
    node = Node(t, CONF.format(name=NAME, main=MAIN, spare=SPARE, port=port), name=fault).start()
    good = t.check(f"one with a good certificate goes before one with: {words}", node.answers([SPARE], NAME),
                   node.answer(NAME), node.said())
    told = within(20, lambda: words in row(node, "main").get("cause", ""))
    t.check("the cause says so", told, row(node, "main"))
    t.kill(spare)
    t.check("it is better than none", good and node.answers([MAIN], NAME), node.said())
    spare = toy(t, SPARE, port, fault)
    t.check("where all have it", good and within(20, lambda: words in row(node, "spare").get("cause", "")
                                                 and row(node, "spare").get("probes") == "up"), row(node, "spare"))
    t.check("nothing moves", node.answer(NAME) == [MAIN], node.answer(NAME), node.said())
    t.kill(main)
    t.check("a dead one still does", good and node.answers([SPARE], NAME), node.said())
    main = toy(t, MAIN, port, "good")
    t.check("and a good one comes first again", good and node.answers([MAIN], NAME), node.said())
    for process in (main, spare, node.process):
        t.kill(process)


ONE = """pbxs:
  - {{ name: main, addresses: [ {odd} ], endpoints: [ tls@{port} ], hold: 0s, ca-file: ../{ca}.pem, certificate-check: {check}{more} }}
live: [ {{ name: {name}, home: main }} ]
"""


def server(t, certificate, **settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{t.scratch}/{certificate}.pem", f"{t.scratch}/{certificate}.key")
    for key, value in settings.items():
        if key == "authority":
            context.load_verify_locations(f"{t.scratch}/{value}.pem")
        else:
            setattr(context, key, value)
    opened = []
    return Tcp(lambda _, connection, octets: connection.sendall(reply(octets)),
               opened=lambda _, connection: opened.append(connection), tls=context), opened


def cause(node, words):
    return within(25, lambda: words in row(node, "main").get("cause", ""))


def kept(t):
    """A certificate that changes behind a connection that stays, and another list of authorities."""
    odd, opened = server(t, "good")
    def conf(ca, check):
        return ONE.format(odd=ODD, port=odd.port, ca=ca, name=NAME, check=check, more="")
    node = Node(t, conf("ca", "10s"), name="kept").start()
    t.check("one whose certificate is good is up", within(20, lambda: row(node, "main").get("probes") == "up"
                                                          and row(node, "main").get("cause", "").endswith("200")), row(node, "main"))
    shown = node.deputy("pbx", "show", "main").stdout
    t.check("the days that it has left are told", "expires in 8 days" in shown or "expires in 9 days" in shown, shown)
    first = opened[0]
    odd.tls.load_cert_chain(f"{t.scratch}/expired.pem", f"{t.scratch}/expired.key")
    t.check("an expired certificate is noticed beside the kept connection", cause(node, "certificate has expired"), row(node, "main"))
    t.check("which stays", first.fileno() >= 0 and row(node, "main").get("probes") == "up", row(node, "main"))
    odd.tls.load_cert_chain(f"{t.scratch}/good.pem", f"{t.scratch}/good.key")
    t.check("and that it is good again", cause(node, "valid again") or not cause(node, "expired"), row(node, "main"))
    before = len(opened)
    node.write(conf("ca", "1h")) # from here on nothing but a reload makes it look
    node.deputy("conf", "reload")
    time.sleep(2)
    node.write(conf("stranger", "1h"))
    node.deputy("conf", "reload")
    t.check("a reload with another ca-file looks again", cause(node, "unable to get local issuer"), row(node, "main"))
    shutil.copy(f"{t.scratch}/stranger.pem", f"{t.scratch}/stranger.bak")
    shutil.copy(f"{t.scratch}/ca.pem", f"{t.scratch}/stranger.pem")
    node.deputy("conf", "reload")
    t.check("a reload with another content of it, too",
            within(25, lambda: "certificate:" not in row(node, "main").get("cause", "")), row(node, "main"))
    shutil.copy(f"{t.scratch}/stranger.bak", f"{t.scratch}/stranger.pem")
    t.check("all on the connection that was kept", first.fileno() >= 0 and len(opened) > before, len(opened))
    t.kill(node.process)


def demanded(t, name, version):
    odd, _ = server(t, "good", authority="ca", verify_mode=ssl.CERT_REQUIRED, maximum_version=version)
    node = Node(t, ONE.format(odd=ODD, port=odd.port, ca="ca", name=NAME, check="1h", more=""), name="without" + name).start()
    t.check(f"over {version.name} the cause is that a client certificate is required",
            within(25, lambda: "client certificate required" in row(node, "main").get("cause", "")), row(node, "main"))
    t.kill(node.process)
    more = ", client-certificate: ../mine.pem, client-key: ../mine.key"
    for kind in ("pem", "key"):
        shutil.copy(f"{t.scratch}/good.{kind}", f"{t.scratch}/mine.{kind}")
    shown = []
    odd.opened = lambda _, connection: shown.append(connection.getpeercert()["serialNumber"])
    node = as_installed(t, Node(t, ONE.format(odd=ODD, port=odd.port, ca="ca", name=NAME, check="1h", more=more), name="with" + name)).start()
    t.check(f"over {version.name} probes with one are answered, whose key root alone may read",
            within(25, lambda: row(node, "main").get("cause", "").endswith("200")), row(node, "main"), node.said())
    if name == "13":
        renewed(t, node, shown)
    t.kill(node.process)


def as_installed(t, node):
    """Root has it started and owns the key; the children are of another user."""
    if os.geteuid() == 0:
        os.chmod(t.scratch, 0o755)
        for folder in ("state", "run"):
            os.rmdir(f"{node.folder}/{folder}") # for the keeper to make
        with open(node.conf, encoding="utf-8") as f:
            text = f.read()
        t.write(f"{os.path.basename(node.folder)}/deputy.conf", re.sub("user: [^ ]+", "user: daemon", text, count=1))
    os.chmod(f"{t.scratch}/mine.key", 0o600)
    return node


def renewed(t, node, shown):
    """Another certificate with another key, in the same files."""
    last = shown[-1]
    for kind in ("pem", "key"):
        shutil.copy(f"{t.scratch}/renewed.{kind}", f"{t.scratch}/mine.{kind}")
    a = node.deputy("conf", "reload")
    t.check("a renewed certificate and key are shown after a reload", a.returncode == 0 and within(25, lambda: shown[-1] != last), a, shown, node.said())


with Test() as t:
    t.need("openssl", "dig")
    known, unknown = Authority(t, "ca"), Authority(t, "stranger")
    known.sign("good")
    known.sign("renewed")
    known.sign("expired", days=-1)
    known.sign("named", host="other.example.net")
    unknown.sign("unknown")
    kept(t)
    demanded(t, "13", ssl.TLSVersion.TLSv1_3)
    demanded(t, "12", ssl.TLSVersion.TLSv1_2)
    case(t, "expired", "certificate has expired")
    case(t, "named", "hostname mismatch")
    case(t, "unknown", "unable to get local issuer certificate")
