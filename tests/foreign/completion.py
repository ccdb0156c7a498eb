"""Completion in three shells, and the manual, as an environment has them with the server.

``make packages`` runs this file; ``make test`` leaves it out, by its name. bash, zsh, fish and
man must be installed.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.foreign.debian import SECONDS, archives, run


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the server."""
    folder = tmp_path_factory.mktemp("person") / "environment"
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "pip", "install", "--no-index", "--find-links", archives(), "chancery")
    return folder


COMPLETED = {
    "bash": """
        source $SHARE/bash-completion/completions/chancery
        COMP_WORDS=(chancery sche) COMP_CWORD=1
        _chancery_completion chancery
        echo "${COMPREPLY[@]}"
    """,
    "fish": """
        set --prepend fish_complete_path $SHARE/fish/vendor_completions.d
        complete --do-complete 'chancery sche'
    """,
    "zsh": """
        zmodload zsh/zpty
        zpty z zsh -f -i
        zpty -w z 'fpath=($SHARE/zsh/site-functions $fpath)'
        zpty -w z 'autoload -Uz compinit; compinit -u -D; PS1=; print READY'
        while zpty -r z line; do [[ $line == READY* ]] && break; done
        zpty -w -n z $'chancery sche\\t'
        for try in {1..100}; do
            zpty -r -t z part && said+=$part || sleep 1
            [[ $said == *dule* ]] && break
        done
        print -r -- $said
    """,
}


@pytest.mark.parametrize("shell", COMPLETED)
def test_a_shell_completes_the_name_of_a_command(environment: Path, shell: str) -> None:
    env = {
        "PATH": f"{environment}/bin:/usr/bin:/bin",
        "SHARE": str(environment / "share"),
        "HOME": str(environment.parent),
        "TERM": "xterm",
    }
    command = [shell, "-c", COMPLETED[shell]]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert "schedule" in done.stdout, done.stdout + done.stderr


# What a new shell is asked, after chancery --install-completion.
ASKED = {
    "bash": COMPLETED["bash"].replace("source $SHARE/bash-completion/completions/chancery", ""),
    "fish": "complete --do-complete 'chancery sche'",
    "zsh": """
        zmodload zsh/zpty
        zpty z zsh -i
        zpty -w z 'PS1=; print READY'
        while zpty -r z line; do [[ $line == READY* ]] && break; done
        zpty -w -n z $'chancery sche\\t'
        for try in {1..100}; do
            zpty -r -t z part && said+=$part || { sleep 1; zpty -w -n z $'\\t'; }
            [[ $said == *dule* ]] && break
        done
        print -r -- $said
    """,
}


@pytest.mark.parametrize("shell", ASKED)
def test_a_person_installs_the_completion_of_the_own_shell(
    environment: Path, shell: str, tmp_path: Path
) -> None:
    env = {"PATH": f"{environment}/bin:/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "xterm"}
    install = [shell, "-c", "chancery --install-completion; true"]
    subprocess.run(install, env=env, capture_output=True, timeout=SECONDS, check=True)
    command = [shell, *(["-i"] if shell == "bash" else []), "-c", ASKED[shell]]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=SECONDS)
    assert "sche" in done.stdout
    assert "dule" in done.stdout, done.stdout + done.stderr


def test_each_command_has_a_page_that_man_shows_without_a_warning(environment: Path) -> None:
    pages = sorted((environment / "share" / "man" / "man1").iterdir())
    assert len(pages) > 40
    for page in pages:
        command = ["man", "--warnings", "--local-file", str(page)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        assert (done.returncode, done.stderr) == (0, "")
        assert "OPTIONS" in done.stdout
