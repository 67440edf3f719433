"""Child processes, ports and files of a stage."""

import asyncio
import fcntl
import os
import random
import socket
from pathlib import Path

TREE = Path(__file__).resolve().parents[4]
BINARIES = Path(os.environ.get("SAOMA_BINARIES", TREE / "target" / "debug"))

# Lock files of ports, one for each.
LOCKS = Path("/tmp/saoma-ports")

# Locks of this process. The system releases them when it ends.
_locks = []


def free_port() -> int:
    """Reserves a port of loopback until this process ends. `loadtest/src/ports.rs` locks the same files.

    It is below the ports of outgoing connections, which therefore cannot take it while a server is restarted.
    """
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = range(10_000, first_outgoing if first_outgoing > 10_000 else 32_768)
    if not LOCKS.exists():
        LOCKS.mkdir(exist_ok=True)
        LOCKS.chmod(0o1777)
    for port in random.sample(ports, len(ports)):
        try:
            lock = (LOCKS / str(port)).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        _locks.append(lock)
        return port
    raise RuntimeError(f"no port can be reserved: is {LOCKS} writable?")


def environment(**more: str) -> dict[str, str]:
    """Returns the environment of children: no setting of a gateway comes from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAOMA_", "PORT", "REDIS_"))}
    kept["PATH"] = f"{kept.get('PATH', '')}:/usr/sbin"
    return kept | more


class Child:
    """A process whose output goes into a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path):
        self.process, self.log = process, log

    @classmethod
    async def start(cls, log: Path, *command: str | Path, **more: str) -> "Child":
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *map(str, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(**more),
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self.process.pid

    async def prints(self, text: str, within: float = 60) -> str:
        """Waits until the log holds a line with this text, and returns the log."""
        async with asyncio.timeout(within):
            while text not in (log := self.log.read_text(errors="replace")):
                if self.process.returncode is not None:
                    raise RuntimeError(f"{self.log.name} ended before it printed {text!r}:\n{log[-2000:]}")
                await asyncio.sleep(0.05)
        return log

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 15)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


async def accepts(port: int, within: float = 30) -> None:
    """Waits until a port of loopback accepts connections."""
    async with asyncio.timeout(within):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def output_of(*command: str | Path, within: float = 10, directory: Path | None = None) -> tuple[int, str]:
    """Runs a command. Returns its exit code and its output."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment(),
        cwd=directory,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), within)
    except TimeoutError:
        # A node that starts although it must not: it serves until it is ended.
        process.terminate()
        output, _ = await process.communicate()
        return 0, output.decode(errors="replace")
    return process.returncode or 0, output.decode(errors="replace")


def memory(pid: int) -> int:
    """Returns the private and shared pages of a process in bytes (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no memory of process {pid}")
