"""`rubin-releng image sign` and `image verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.verifyingkeys import read_public_key
from lsstinstall.commands.frame import output_options
from rubin_releng.adapters.signingkeys import PASSPHRASE_VARIABLE, read_signing_key
from rubin_releng.commands.imageregistries import change_options, open_subject, platforms_below
from rubin_releng.images.signer import apply_signature, plan_signatures
from rubin_releng.images.verifier import verify_image

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["sign", "verify"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    epilog="Example: rubin-releng image sign example.org/lsst/scipipe:al9-w_2026_42 --key signing.pem --yes"
)
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.option(
    "--key",
    required=True,
    metavar="FILE|env:NAME",
    help=f"Private key in PEM, in a file or a variable; its passphrase is in `{PASSPHRASE_VARIABLE}`.",
)
@click.option("--each", is_flag=True, help="Sign the image of each architecture, too.")
@change_options
@output_options
def sign(console: Console, /, image: str, key: str, *, each: bool, yes: bool, dry_run: bool) -> None:
    """Sign an image of a registry, and the provenances beside it.

    The signature lies beside the image, as cosign puts it there. What the key
    has signed already is not signed again.
    """
    signer = read_signing_key(key, environ=console.environ)
    repository, subject = open_subject(image, is_written=True)
    subjects = [subject, *(platforms_below(repository, subject) if each else ())]
    plan = plan_signatures(repository, subjects, name=repository.name, key=signer)
    is_done = yes and not dry_run
    rows = [
        {
            "subject": one.subject.digest,
            "what": one.what,
            "there": one.is_there,
            "digest": apply_signature(repository, one, signer) if is_done else None,
        }
        for one in plan
    ]
    told = {True: "is signed already", False: "signed" if is_done else "would be signed"}
    lines = [f"{one.what} {one.subject.digest}: {told[one.is_there]}" for one in plan]
    lines.append(f"key {signer.public.key_id}" if is_done else "nothing was changed; `--yes` does it")
    data = {"subject": subject.digest, "key": signer.public.key_id, "signatures": rows, "done": is_done}
    console.answer(data, "\n".join(lines))


@click.command(
    epilog="Example: rubin-releng image verify example.org/lsst/scipipe:al9-w_2026_42 --key lsst.pub"
)
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.option(
    "--key", "keys", required=True, multiple=True, type=_FILE, help="Public key in PEM; repeatable."
)
@click.option("--provenance", is_flag=True, help="It needs a signed provenance, whole or by part.")
@output_options
def verify(console: Console, /, image: str, keys: tuple[Path, ...], *, provenance: bool) -> None:
    """Verify that an image of a registry was signed with one of some keys.

    The signature has to be about just this image, and so has each provenance
    beside it.
    """
    trusted = [read_public_key(path) for path in keys]
    repository, subject = open_subject(image, is_written=False)
    found = verify_image(
        repository,
        subject.digest,
        trusted,
        parts=[one.digest for one in platforms_below(repository, subject)],
        needs_provenance=provenance,
    )
    files = {key.key_id: str(path) for key, path in zip(trusted, keys, strict=True)}
    lines = [f"{subject.digest} is signed with {files[name]}" for _, name in found.signatures]
    lines += [
        f"provenance {digest}: {'signed' if is_signed else 'not signed with any of these keys'}"
        for digest, is_signed in found.provenances
    ]
    reporter = console.reporter()
    for error in found.ignored:
        reporter.warn(f"{error}; it does not count")
    data = {
        "subject": subject.digest,
        "signatures": [{"digest": digest, "key": name} for digest, name in found.signatures],
        "provenances": [{"digest": digest, "signed": is_signed} for digest, is_signed in found.provenances],
        "ignored": [str(error) for error in found.ignored],
    }
    console.answer(data, "\n".join(lines))
