"""Network and registry."""

import hashlib
import http.server
import io
import json
import tarfile
import threading

from make.common import *  # noqa: F403
from make.common import Cases, ident

cases = Cases()
ANY = ("fail", "broken", "blocked", "timeout")


# network ---------------------------------------------------------------------------------------------------------------------
@cases("network", "git-dependency-unreachable")
def _(c):
    dep = c.n.crate()
    p = c.pkg(deps=f'{dep} = {{ git = "http://127.0.0.1:9/{dep}.git" }}', lib=c.n.filler())
    c.matrix([L64], ["check"], toolchain="stable")
    c.truth(
        "the server of a git dependency refuses",
        "environment",
        f"http://127.0.0.1:9/{dep}.git",
        [L64],
        [],
        stage="prepare",
        package=p,
        verdicts=ANY,
    )


@cases("network", "name-of-git-server")
def _(c):
    dep, host = c.n.crate(), c.n.word() + ".invalid"
    p = c.pkg(deps=f'{dep} = {{ git = "https://{host}/{dep}.git", branch = "main" }}', lib=c.n.filler())
    c.file(".cargo/config.toml", "[net]\ngit-fetch-with-cli = true\nretry = 0\n")
    c.matrix([L64], ["check"])
    c.truth("the name of a git server does not resolve", "environment", host, [L64], [], stage="prepare", package=p, verdicts=ANY)


@cases("network", "build-script-downloads")
def _(c):
    p = c.pkg(
        package='build = "build.rs"\n',
        lib=c.n.filler(),
        build_rs=(
            'use std::process::Command;\nfn main() {\n    let out = std::env::var("OUT_DIR").unwrap();\n    let status ='
            ' Command::new("curl").args(["-fsSL", "http://127.0.0.1:9/model.tar.gz",'
            ' "-o"]).arg(format!("{out}/m.tar.gz")).status().expect("curl");\n    assert!(status.success(), "download failed:'
            ' {status}");\n}\n'
        ),
    )
    c.matrix([L64, MAC], ["check"])
    c.truth(
        "a build script downloads and cannot connect",
        "environment",
        "curl",
        [L64, MAC],
        [],
        package=p,
        verdicts=ANY,
        also=["build_script_failed"],
    )


@cases("network", "build-script-connects")
def _(c):
    dep, host = c.n.crate(), c.n.word() + ".invalid"
    c.pkg(
        dep,
        name=dep,
        package='build = "build.rs"\n',
        lib=c.n.filler(1),
        build_rs=(
            f'use std::net::TcpStream;\nfn main() {{\n    if let Err(e) = TcpStream::connect("{host}:443") {{\n       '
            ' panic!("cannot fetch the schema: {e}");\n    }\n}\n'
        ),
    )
    c.name = None
    c.pkg(deps=f'{dep} = {{ path = "{dep}" }}', lib=f"pub use {ident(dep)} as {c.n.word()};\n")
    c.matrix([L64], ["check"])
    c.truth(
        "the build script of a dependency resolves a name in vain",
        "environment",
        host,
        [L64],
        [],
        package=dep,
        verdicts=ANY,
        also=["build_script_failed"],
    )


# registry --------------------------------------------------------------------------------------------------------------------
class Registry:
    """A sparse registry on loopback with one crate; `fault` says how it fails."""

    def __init__(self, name, fault):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            for path, text in (
                ("Cargo.toml", f'[package]\nname = "{name}"\nversion = "1.0.0"\nedition = "2021"\n'),
                ("src/lib.rs", "pub fn one() -> u8 {\n    1\n}\n"),
            ):
                info = tarfile.TarInfo(f"{name}-1.0.0/{path}")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text.encode()))
        crate = data.getvalue()
        digest = hashlib.sha256(crate).hexdigest()
        entry = json.dumps(
            {
                "name": name,
                "vers": "1.0.0",
                "deps": [],
                "cksum": digest if fault != "checksum" else "0" * 64,
                "features": {},
                "yanked": fault == "yanked",
            }
        )

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                port = self.server.server_port
                if fault == "broken":
                    return self.reply(500, b"internal error\n")
                if self.path.endswith("config.json"):
                    return self.reply(200, json.dumps({"dl": f"http://127.0.0.1:{port}/dl/{{crate}}-{{version}}.crate"}).encode())
                if self.path.startswith("/dl/"):
                    return self.reply(404, b"no such crate\n") if fault == "download" else self.reply(200, crate)
                if self.path.endswith("/" + name) and fault != "absent":
                    return self.reply(200, entry.encode() + b"\n")
                return self.reply(404, b"not found\n")

            def reply(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def own_registry(c, fault, dep):
    def prepare(run):
        registry = Registry(dep, fault)
        file = run.project / ".cargo/config.toml"
        file.write_text(file.read_text().replace("PORT", str(registry.port)))
        run.after.append(registry.server.shutdown)

    c.file(
        ".cargo/config.toml",
        '[source.crates-io]\nreplace-with = "ours"\n\n[source.ours]\nregistry ='
        ' "sparse+http://127.0.0.1:PORT/index/"\n\n[net]\nretry = 0\n',
    )
    c.prepare = prepare


for _variant, _fault, _words in (
    ("server-error", "broken", "the index answers with 500"),
    ("download-404", "download", "the index has the crate, its file is gone"),
    ("checksum", "checksum", "the file has another checksum than the index says"),
    ("crate-absent", "absent", "the registry does not have the crate"),
):

    @cases("registry", _variant)
    def _(c, fault=_fault, words=_words):
        dep = c.n.crate()
        p = c.pkg(deps=f'{dep} = "1"', lib=c.n.filler(1))
        own_registry(c, fault, dep)
        c.matrix([L64], ["check"])
        c.truth(
            words,
            "environment",
            dep,
            [L64],
            [],
            stage="prepare",
            package=p,
            verdicts=ANY,
            also=["resolver_failed"] if fault == "absent" else [],
        )


@cases("registry", "refused")
def _(c):
    dep = c.n.crate()
    p = c.pkg(deps=f'{dep} = "1"', lib=c.n.filler(1))
    c.file(
        ".cargo/config.toml",
        '[source.crates-io]\nreplace-with = "ours"\n\n[source.ours]\nregistry = "sparse+http://127.0.0.1:9/"\n\n[net]\nretry'
        " = 0\n",
    )
    c.matrix([L64, S390], ["check"])
    c.truth(
        "nothing listens where the registry is said to be",
        "environment",
        "http://127.0.0.1:9/",
        [L64, S390],
        [],
        stage="prepare",
        package=p,
        verdicts=ANY,
        also=["network"],
    )
