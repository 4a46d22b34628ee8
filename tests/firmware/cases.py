"""The cases: what a board with the image is asked to do, and what must come of it.

A case is a function of a Session; it returns (problem or None, figures). `needs` names features that the image must have. A case in
which bytes are lost fails. `known="race"`: Espruino's queues break when the UART's interrupt comes while another one is at them; not
each time. Then the case has to fail for that very reason.
"""

import os
import re

from chip import HZ
from console import Silence
from device import outcome as read

CASES = []
LOOPBACK = '"127.0.0.1"'
FULL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "js", "https-full.min.js")


def case(title, needs=(), known=None, **settings):
    def add(function):
        CASES.append({"title": title, "needs": set(needs), "known": known, "run": function, "settings": settings})
        return function

    return add


def expect(outcome, length=None, protocol=None, resumed=None, error=None, authorized=None, status=200):
    """Why this is not what was expected."""
    if error:
        if not outcome["errors"] or not outcome["errors"][0].startswith(error):
            return f"no {error}: {outcome['errors'] or outcome['text'][-300:]!r}"
        return None
    if outcome["errors"]:
        return outcome["errors"][0]
    if len(outcome["answers"]) != 1:
        return f"no answer: {outcome['text'][-300:]!r}"
    answer = outcome["answers"][0]
    for what, is_, should in (
        ("status", answer["status"], status),
        ("length", answer["length"], length),
        ("protocol", answer["protocol"], protocol),
        ("resumed", answer["resumed"], resumed),
        ("authorized", answer["authorized"], authorized),
    ):
        if should is not None and is_ != should:
            return f"{what} is {is_}, not {should}"
    if length is not None and answer["wrong"]:
        return "the body is not what was sent"
    return None


def options(session, server, path, trust, more=""):
    return f'{{host:{LOOPBACK},port:{session.ports[server]},path:"{path}",{trust}{"," + more if more else ""}}}'


PINNED, INSECURE = 'fingerprint256:require("Storage").read("pin")', "rejectUnauthorized:false"


def authority(name):
    return f'ca:"{name}.pem"'


# Whom to trust, versions, sessions


def add_versions():
    for version in ("TLSv1.2", "TLSv1.3"):
        for trust, name, given in (
            ("pinned", "self", PINNED),
            ("ca", "ec", authority("ec")),
            ("insecure", "self", INSECURE),
        ):
            needs = ({"tls13"} if version == "TLSv1.3" else set()) | ({"chain"} if trust == "ca" else set())

            @case(f"{trust}, TLS {version[4:]}, first and resumed", needs=needs | {"resumption"})
            def versions(session, version=version, trust=trust, name=name, given=given):
                session.join()
                more = f'minVersion:"{version}",maxVersion:"{version}"'
                outcome, figures = session.request(options(session, name, "/300", given, more))
                problem = expect(outcome, 300, version, False, authorized=trust != "insecure")
                if problem:
                    return problem, figures
                first = figures
                outcome, figures = session.request(options(session, name, "/300", given, more))
                figures["first"] = first
                session.keep(f"{trust}, TLS {version[4:]}, first", first)
                return expect(outcome, 300, version, True), figures

        @case(f"pinned, TLS {version[4:]}, without sessions", needs={"tls13"} if version == "TLSv1.3" else ())
        def plainly(session, version=version):
            session.join()
            outcome, figures = session.request(
                options(session, "self", "/300", PINNED, f'session:false,minVersion:"{version}",maxVersion:"{version}"')
            )
            return expect(outcome, 300, version, False), figures


add_versions()


# Certificate chains


def add_chains():
    for name in ("ec", "rsa", "rsa-2", "mixed", "long", "ten"):
        for version in ("TLSv1.2", "TLSv1.3"):
            needs = {"chain"} | ({"tls13"} if version == "TLSv1.3" else set())

            @case(f"chain {name}, TLS {version[4:]}", needs=needs)
            def chain(session, name=name, version=version):
                session.join()
                outcome, figures = session.request(
                    options(session, name, "/3000", authority(name), f'maxVersion:"{version}"')
                )
                return expect(outcome, 3000, version, authorized=True), figures


add_chains()


# At half the speed JavaScript can follow, and a short computation is no harm.

for name in ("ec", "rsa", "rsa-2", "mixed", "long", "ten"):

    @case(f"chain {name} at 57,600 baud", needs={"chain"})
    def slower_chain(session, name=name):
        session.join(baud=57600)
        outcome, figures = session.request(options(session, name, "/3000", authority(name)), seconds=120)
        return expect(outcome, 3000, authorized=True), figures


for size in (20000, 102400):

    @case(f"a body of {size:,} bytes at 57,600 baud")
    def slower(session, size=size):
        session.join(baud=57600)
        outcome, figures = session.request(options(session, "self", f"/{size}", PINNED), seconds=120)
        return expect(outcome, size), figures


# Client certificates

for kind, feature in (("p256", "client-auth"), ("rsa2048", "client-rsa")):

    @case(f"a client's key {kind}", needs={feature})
    def client(session, kind=kind):
        session.join()
        outcome, figures = session.request(
            options(session, "members", "/300", PINNED, f'cert:"{kind}.crt",key:"{kind}.key"'), seconds=120
        )
        return expect(outcome, 300), figures


@case("a client without the certificate that is asked for")
def uninvited(session):
    session.join()
    outcome, figures = session.request(options(session, "members", "/300", PINNED))
    return (
        None if re.match("ERR_SSL_|ECONNRESET", (outcome["errors"] or [""])[0]) else f"no error, but {outcome}"
    ), figures


# Bodies

for size in (0, 1, 1000, 6000, 20000, 102400):

    @case(f"a body of {size:,} bytes")
    def body(session, size=size):
        session.join()
        outcome, figures = session.request(options(session, "self", f"/{size}", PINNED), seconds=120)
        return expect(outcome, size), figures


@case("20,000 bytes without TLS, to compare")
def without(session):
    session.join()
    outcome, figures = session.request(
        f'{{host:{LOOPBACK},port:{session.ports["http"]},path:"/20000"}}', seconds=120, call="plain"
    )
    problem = (
        outcome["errors"]
        or [a for a in outcome["answers"] if (a["length"], a["wrong"]) != (20000, 0)]
        or (not outcome["answers"] and "no answer")
    )
    return problem and f"{problem}" or None, figures


@case("20,000 bytes by Espruino's own client with TLS, to compare")
def native(session):
    session.join()
    outcome, figures = session.request(
        options(session, "self", "/20000", PINNED, 'protocol:"https:"'), seconds=120, call="plain"
    )
    problem = (
        outcome["errors"]
        or [a for a in outcome["answers"] if (a["length"], a["wrong"]) != (20000, 0)]
        or (not outcome["answers"] and "no answer")
    )
    return problem and f"{problem}" or None, figures


@case("20,000 bytes in chunks")
def chunked(session):
    session.join()
    outcome, figures = session.request(options(session, "self", "/chunked/20000", PINNED), seconds=120)
    return expect(outcome, 20000), figures


@case("20,000 bytes until the end")
def until_close(session):
    session.join()
    outcome, figures = session.request(options(session, "self", "/until-close/20000", PINNED), seconds=120)
    return expect(outcome, 20000), figures


@case("a request with 2,000 bytes")
def upload(session):
    session.join()
    outcome, figures = session.request(
        options(session, "self", "/echo", PINNED, 'method:"POST"'), body="new Uint8Array(2000)"
    )
    problem = expect(outcome)
    return (
        problem
        or (outcome["answers"][0]["length"] != 2000 and f"{outcome['answers'][0]['length']} bytes came back")
        or None,
        figures,
    )


@case(
    "records of 16 KB, which the server sends though it was asked for 1 KB, at 57,600 baud",
    needs={"systems"},
)
def large_records(session):
    """They fit, or there is an error that says that there is no room."""
    session.join(baud=57600)
    outcome, figures = session.request(
        f'{{host:"localhost",port:{session.ports["powerwall"]},path:"/40000",{INSECURE}}}', seconds=120
    )
    if outcome["errors"] and outcome["errors"][0].startswith("ERR_OUT_OF_MEMORY"):
        figures["note"] = outcome["errors"][0]
        return None, figures
    return expect(outcome, 40000), figures


# The five systems


def system(name, path, trust, length, needs=(), method="GET", body=None, more="", baud=115200):
    @case(
        f"the system {name}" + (f" at {baud:,} baud" if baud != 115200 else ""),
        needs={"systems"} | set(needs),
    )
    def one(session):
        session.join(baud=baud)
        text = f'{{host:"localhost",port:{session.ports[name]},path:"{path}",method:"{method}",{trust}{more}}}'
        outcome, figures = session.request(text, body=body, seconds=120)
        return expect(outcome, length), figures


system(
    "api-gateway",
    "/prod/readings",
    'ca:"sys-rsa.pem"',
    None,
    {"chain"},
    "POST",
    "JSON.stringify({temperature:21.5})",
    ',ALPNProtocols:["http/1.1"]',
)
system("amazon", "/1000", 'ca:"sys-new.pem"', 1000, {"chain"})
system(
    "aws-iot",
    "/topics/x?qos=1",
    'ca:"sys-rsa.pem",cert:"sys-client.crt",key:"sys-client.key"',
    None,
    {"chain", "client-auth"},
    "POST",
    '"{}"',
    ',ALPNProtocols:["x-amzn-http-ca"]',
)
system("cloudflare", "/4000", 'ca:"sys-p256.pem"', 4000, {"chain"})
system("amazon", "/1000", 'ca:"sys-new.pem"', 1000, {"chain"}, baud=57600)
system("cloudflare", "/4000", 'ca:"sys-p256.pem"', 4000, {"chain"}, baud=57600)
system("powerwall", "/3000", 'fingerprint256:require("Storage").read("sys-pin")', 3000)


# Several requests


def two(session, baud):
    session.join(baud=baud)
    session.meter.begin()
    session.console.type(
        "".join(f"require('bench').get({options(session, 'self', f'/{size}', PINNED)});" for size in (3000, 1000))
    )
    try:
        text = session.console.wait("=CLOSED=.*=CLOSED=", 20, unless=session.meter.hopeless)
    finally:
        figures = session.meter.end()
    found = read(text)
    lengths = sorted(answer["length"] for answer in found["answers"] if not answer["wrong"])
    return (
        found["errors"][0]
        if found["errors"]
        else None if lengths == [1000, 3000] else f"the answers are {found['answers']}"
    ), figures


# Two connections and the driver leave so little memory that variables have to be moved.
for baud in (115200, 57600):

    @case("two connections at once" + (" at 57,600 baud" if baud == 57600 else ""))
    def two_at_once(session, baud=baud):
        return two(session, baud)


# Nothing stands still


@case("an interval of 20 ms goes on during a handshake with P-384", needs={"chain"})
def interval(session):
    session.join(baud=57600)
    # How many gaps between two turns of the interval were below 20 ms, below 40 ms, and so on.
    session.console.type(
        "var T=getTime(),G=new Uint16Array(10);"
        "setInterval(function(){var t=getTime();G[Math.min(9,(t-T)*50|0)]++;T=t},20)"
    )
    outcome, figures = session.request(options(session, "ec", "/300", authority("ec")), seconds=120)
    gaps = [int(n) for n in re.findall("\\d+", session.console.ask("G.join()"))]
    print("        gaps between turns of the interval, by 20 ms each:", *gaps, flush=True)
    problem = expect(outcome, 300, authorized=True)
    # A P-384 signature takes 180 ms; what is longer than a slice here is JavaScript of the driver's.
    if not problem and (sum(gaps) < 50 or any(gaps[6:])):
        problem = f"gaps by 20 ms: {gaps}"
    return problem, figures


@case("200 polls in a row, the first and the last with as much free memory")
def polls(session):
    session.join()
    session.console.type(
        "var N=0,E0,F;function poll(){require('https').get("
        + options(session, "self", "/300", PINNED)
        + ",function(r){r.on('data',function(){});r.on('end',function(){N++})}).on('error',function(e){E0=e.message})"
        ".on('close',function(){if(N==3)F=process.memory().free;if(E0||N>=200)print('=CLOSED='+N+'='+E0+'='+F+'='+process.memory().free+'=');else setTimeout(poll,250)})}poll()"
    )
    session.meter.begin()
    try:
        text = session.console.wait("=CLOSED=.*?=\r", 400)
    finally:
        figures = session.meter.end()
    count, error, early, late = re.search("=CLOSED=(\\d+)=(.*?)=(.*?)=(\\d+)=", text).groups()
    problem = None
    if int(count) != 200 or error != "undefined":
        problem = f"after {count}: {error}"
    elif abs(int(early) - int(late)) > 20:
        problem = f"{early} variables were free, and then {late}"
    figures["each"] = figures["seconds"] / max(1, int(count))
    return problem, figures


@case("five polls over one kept connection, with all of https.js from Storage")
def kept(session):
    # There is no room for it and everybody's certificates.
    session.console.type(
        'var S=require("Storage");S.list(/pem|crt|key/).forEach(function(f){S.erase(f)});S.compact();print("=COMPACT=")'
    )
    session.console.wait("=COMPACT=\r", 20)
    with open(FULL) as file:
        session.console.store("https", file.read())
    session.join()
    for poll in range(1, 6):
        outcome, figures = session.request(options(session, "kept", "/300", PINNED, "keepAlive:20000"))
        problem = expect(outcome, 300)
        if problem:
            return f"poll {poll}: {problem}", figures
        if poll == 1:
            session.keep("the first of five polls over one kept connection", figures)
    begun = [line for line in session.modem.transcript if "CIPSTART" in line]
    figures["note"] = f"{len(begun)} connection for 5 polls"
    return len(begun) != 1 and f"five polls took {len(begun)} connections: {begun}" or None, figures


@case("saved code that runs at boot")
def saved(session):
    code = (
        'var L="";E.setConsole("Bluetooth",{force:true});setTime(%d);function onInit(){Serial1.setup(115200,{rx:D2,tx:D3});'
        'var w=require("ESP8266WiFi_0v25").connect(Serial1,function(e){w.connect("network","password",function(e){'
        'require("https").get(%s,function(r){var n=0;r.on("data",function(d){n+=d.length});r.on("end",function(){L+="got "+n})})'
        '.on("error",function(e){L+=e.message}).on("close",function(){L+=" closed"})})})}'
        % (session.clock, options(session, "self", "/300", PINNED))
    )
    session.console.type(f"E.setBootCode({session.quoted(code)},true)")
    session.board.run(HZ)
    figures = session.restart()
    said = session.console.ask("L")
    return None if said == "got 300 closed" else f"it says {said!r}", figures


# Things that go wrong


@case("a modem that is slow and busy", slow=0.05, busy=True)
def slow(session):
    session.join(slow=0.05, busy=True)
    outcome, figures = session.request(options(session, "self", "/3000", PINNED))
    return expect(outcome, 3000), figures


@case("a modem that says everything in pieces")
def split(session):
    session.join(split="anywhere")
    outcome, figures = session.request(options(session, "self", "/3000", PINNED))
    return expect(outcome, 3000), figures


for phase, n, what in (
    ("sent", 20, "in ClientHello"),
    ("received", 60, "in ServerHello"),
    ("received", 500, "in the certificate"),
    ("sent", 260, "in the client's Finished"),
    ("received", 1600, "in the body"),
    ("received", 2300, "near the end of the body"),
):

    @case(f"the link is lost {what}, and the next request")
    def lost(session, phase=phase, n=n):
        session.join()
        session.modem.drop_in(phase, n)
        outcome, figures = session.request(options(session, "self", "/1000", PINNED, "session:false"))
        if not outcome["errors"]:
            return f"no error, but {outcome['answers']}", figures
        if not re.match("ECONN|ENOTFOUND|EPIPE|ETIMEDOUT", outcome["errors"][0]):
            return f"the error is {outcome['errors'][0]}", figures
        session.board.run(HZ)
        figures["note"] = outcome["errors"][0]
        outcome, after = session.request(options(session, "self", "/1000", PINNED, "session:false"))
        problem = expect(outcome, 1000)
        return problem and "then: " + problem, {**after, "note": figures["note"]}


@case("a phone pairs by LE Secure Connections", needs={"pairing"})
def pairing(session):
    """The board's key was made at boot; what it has in common with the phone's must be what openssl says."""
    board, chains = session.board, session.world.chains
    public = board.peek(board.elf.symbols["m_lesc_pk"], 64)
    x, y, shared = chains.agree(chains.key("p256", 0), public[31::-1], public[:31:-1])
    session.meter.begin()
    board.bluetooth.pair(x[::-1] + y[::-1])
    board.run(HZ)
    figures = session.meter.end()
    if board.bluetooth.agreed != shared[::-1]:
        return f"they have {board.bluetooth.agreed} in common, not {shared[::-1]}", figures
    # What is no point of the curve is refused.
    board.bluetooth.pair(x[::-1] + x[::-1])
    board.run(HZ)
    told = board.bluetooth.agreed
    if told in (None, shared[::-1], bytes(32)):
        return f"for a point that is none the answer is {told}", figures
    # So is any while JavaScript is so deep down that the stack would not do.
    session.console.type("function deep(n){if(n)return deep(n-1)+1;n=getTime()+1;while(getTime()<n);return 0}deep(12)")
    board.run(HZ // 2)
    session.meter.begin()
    board.bluetooth.pair(x[::-1] + y[::-1])
    board.run(HZ // 10)
    deep = session.meter.end()
    print(f"        with {deep['stack']:,} bytes of stack in use a phone has to try again", flush=True)
    told = board.bluetooth.agreed
    if told in (None, shared[::-1], bytes(32)) or deep["stack"] > deep["room"] - 1000:
        return f"with {deep['stack']} bytes of stack in use the answer is {told}", figures
    return None, figures


@case("the Bluetooth console is busy at the same time", known="race")
def busy_console(session):
    session.join()
    session.meter.begin()
    session.console.type(f"require('bench').get({options(session, 'self', '/1000', PINNED)})")
    session.console.type("var T=setInterval(function(){print('tick '+'-'.repeat(60))},50)")
    try:
        text = session.console.wait("=CLOSED=", 60)
    finally:
        figures = session.meter.end()
    session.console.type("clearInterval(T)")
    found = read(re.sub("tick -*\r\n", "", text))
    return expect(found, 1000) or (text.count("tick") < 5 and "the console did not get a word in") or None, figures


@case("Bluetooth disconnects and comes back in the middle")
def reconnect(session):
    session.join()
    session.meter.begin()
    session.console.type(
        "var L='';"
        + f"require('https').get({options(session, 'self', '/1000', PINNED)},function(r){{var n=0;r.on('data',function(d){{n+=d.length}});"
        "r.on('end',function(){L+='got '+n})}).on('error',function(e){L+=e.message}).on('close',function(){L+=' closed'})"
    )
    session.board.run(0.3 * HZ)
    session.board.bluetooth.disconnect()
    session.board.run(4 * HZ)
    figures = session.meter.end()
    session.console = None
    session.device.connect()
    session.console = session.device.console
    said = session.console.ask("L")
    return None if said == "got 1000 closed" else f"it says {said!r}", figures


@case("with the watchdog on")
def watchdog(session):
    session.join()
    session.console.type("E.enableWatchdog(1)")
    outcome, figures = session.request(options(session, "self", "/300", PINNED))
    return expect(outcome, 300) or (session.board.resets and f"it was reset: {session.board.resets}") or None, figures


@case("the watchdog resets a board that hangs, and it comes up again")
def hangs(session):
    session.meter.begin()
    session.console.type("E.enableWatchdog(0.5);while(1);")
    session.board.run(3 * HZ)
    figures = session.meter.end()
    session.device.connect()
    session.short()
    if [why for _, why in session.board.resets] != ["watchdog"]:
        return f"it was reset: {session.board.resets}", figures
    return session.console.ask("1+2") != 3 and "it does not count" or None, figures


@case("the clock is not set", needs={"chain"}, clock=False)
def clock(session):
    session.join()
    outcome, figures = session.request(options(session, "ec", "/300", authority("ec")))
    return expect(outcome, error="ERR_TLS_CLOCK_NOT_SET"), figures


@case("another certificate than the pinned one, and the next request")
def wrong_pin(session):
    session.join()
    outcome, figures = session.request(options(session, "ec", "/300", PINNED))
    problem = expect(outcome, error="ERR_TLS_CERT_FINGERPRINT_MISMATCH")
    if problem:
        return problem, figures
    session.board.run(HZ)
    outcome, figures = session.request(options(session, "self", "/300", PINNED))
    problem = expect(outcome, 300)
    return problem and "then: " + problem, figures


@case("another CA than the server's", needs={"chain"})
def wrong_authority(session):
    session.join()
    outcome, figures = session.request(options(session, "ec", "/300", authority("rsa")))
    return expect(outcome, error="UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), figures


@case("a server that closes at once, one without TLS, one that is silent")
def strange(session):
    session.join()
    figures = None
    for server, error in (("dead", "ECONNRESET"), ("plain", "ERR_SSL_WRONG_VERSION_NUMBER"), ("silent", "ETIMEDOUT")):
        outcome, figures = session.request(options(session, server, "/", PINNED, "timeout:3000"))
        problem = expect(outcome, error=error)
        if problem:
            return f"{server}: {problem}", figures
        session.board.run(HZ)
    return None, figures


@case("out of memory on purpose, and the next request")
def memory(session):
    session.join()
    session.console.type("var M=E.toString?new Uint8Array(%d):0" % (13 * max(0, session.meter.free() - 330)))
    session.board.run(HZ // 2)
    outcome, figures = session.request(options(session, "self", "/300", PINNED))
    problem = expect(outcome, error="ERR_OUT_OF_MEMORY")
    figures["note"] = (outcome["errors"] or ["?"])[0]
    if problem:
        return problem, figures
    session.console.type("M=undefined")
    session.board.run(HZ)
    outcome, after = session.request(options(session, "self", "/300", PINNED))
    problem = expect(outcome, 300)
    return problem and "then: " + problem, {**after, "note": figures["note"], "flags": after["flags"]}


__all__ = ["CASES", "Silence"]
