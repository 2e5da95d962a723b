"""Packs what is installed: `synth`, completions, the licences of everything in it, a bill of materials.

    archive.py BINARY TARGET DIRECTORY

The same binary makes the same archive, byte for byte, with the same Python and zlib: entries are sorted, and nothing in it
has a time, a user or a path of this machine. Prints the path of the archive; beside it is its SHA-256.
"""

import gzip
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHELLS = {"bash": "synth.bash", "fish": "synth.fish", "zsh": "_synth"}


def dependencies() -> list[dict]:
    """Every crate that is compiled into `synth` or the functions, as `cargo tree` resolves it."""
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "--package", "synth", "--package", "runtime", "--edges", "normal,build",
         "--target", "all", "--prefix", "none", "--format", "{p}"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    used = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout)
    packages = [it for it in metadata["packages"] if (it["name"], "v" + it["version"]) in used]
    return sorted(packages, key=lambda it: (it["name"], it["version"]))


def licences(packages: list[dict]) -> str:
    """The licence texts of the crates of others. Crates with the same text share it."""
    texts: dict[str, list[str]] = {}
    missing = []
    for package in packages:
        if package["source"] is None:
            continue
        name = f'{package["name"]} {package["version"]} ({package["license"] or "see its text"})'
        directory = pathlib.Path(package["manifest_path"]).parent
        files = sorted(
            it for it in directory.iterdir()
            if it.is_file() and it.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"))
        )
        if not files:
            missing.append(name)
        for file in files:
            text = file.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault(text, []).append(name)
    parts = [
        "What is in this archive besides Tocsin itself, and on which terms.\n",
        "-" * 100 + "\nThe standard library of Rust, which is linked into every program: Apache-2.0 OR MIT; see "
        "https://github.com/rust-lang/rust/blob/master/COPYRIGHT\nmusl, which is linked into the functions: MIT; see "
        "https://git.musl-libc.org/cgit/musl/tree/COPYRIGHT\n",
    ]
    for text, names in sorted(texts.items(), key=lambda it: it[1]):
        parts.append("-" * 100 + "\n" + "\n".join(names) + "\n\n" + text + "\n")
    if missing:
        parts.append("-" * 100 + "\nWithout a text of their own, on the terms that they name:\n" + "\n".join(missing) + "\n")
    return "\n".join(parts)


def bill_of_materials(packages: list[dict], version: str) -> str:
    """CycloneDX 1.6. Without a serial number and a time: the same build has the same bill."""
    checksums = {}
    name = number = None
    for line in (ROOT / "Cargo.lock").read_text().splitlines():
        key, _, value = line.partition(" = ")
        value = value.strip('"')
        if key == "name":
            name = value
        elif key == "version":
            number = value
        elif key == "checksum":
            checksums[(name, number)] = value
    components = []
    for package in packages:
        if package["source"] is None:
            continue
        purl = f'pkg:cargo/{package["name"]}@{package["version"]}'
        component = {
            "type": "library",
            "bom-ref": purl,
            "name": package["name"],
            "version": package["version"],
            "purl": purl,
        }
        if package["license"]:
            component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        checksum = checksums.get((package["name"], package["version"]))
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(component)
    application = {"type": "application", "bom-ref": "tocsin", "name": "tocsin", "version": version}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": application},
        "components": components,
    }
    return json.dumps(bill, indent=1) + "\n"


def main(binary: pathlib.Path, target: str, directory: pathlib.Path) -> None:
    def run(*arguments: str) -> str:
        return subprocess.run([binary, *arguments], check=True, capture_output=True, text=True).stdout

    version = run("--version").split()[1]
    packages = dependencies()
    files = {
        "synth": binary.read_bytes(),
        "config.schema.json": run("schema").encode(),
        "LICENSE": (ROOT / "LICENSE").read_bytes(),
        "LICENSES-OF-OTHERS.txt": licences(packages).encode(),
        "CHANGELOG.md": (ROOT / "CHANGELOG.md").read_bytes(),
        "sbom.cdx.json": bill_of_materials(packages, version).encode(),
    }
    for shell, file in SHELLS.items():
        files[f"completions/{file}"] = run("completions", shell).encode()
    name = f"tocsin-{version}-{target}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(data)
            entry.mode = 0o755 if path == "synth" else 0o644
            tar.addfile(entry, io.BytesIO(data))
    directory.mkdir(parents=True, exist_ok=True)
    archive = directory / f"{name}.tar.gz"
    archive.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_name(archive.name + ".sha256").write_text(f"{digest}  {archive.name}\n")
    print(archive)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], pathlib.Path(sys.argv[3]))
