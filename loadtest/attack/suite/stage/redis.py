"""A Redis server of its own, and its counts."""

import asyncio
import signal
from pathlib import Path

from .process import Child, accepts, free_port

# Commands that run a script. The commands inside a script are counted by Redis as well, so they are left out here.
SCRIPTS = ("eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro")


class Redis:
    def __init__(self, port: int, child: Child):
        self.port, self.child = port, child
        self.url = f"redis://127.0.0.1:{port}"

    @classmethod
    async def start(cls, folder: Path) -> "Redis":
        port = free_port()
        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        child = await Child.start(folder / "redis.log", "redis-server", *map(str, options))
        await accepts(port)
        return cls(port, child)

    async def info(self, section: str) -> dict[str, str]:
        """Returns the fields of a section of INFO."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"INFO {section}\r\n".encode())
        length = int((await reader.readline())[1:])
        text = (await reader.readexactly(length)).decode()
        writer.close()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    async def scripts(self) -> int:
        """Returns the number of scripts since the start: each step of a gateway is one."""
        counts = await self.info("commandstats")
        return sum(
            int(counts[name].split("calls=")[1].split(",")[0])
            for script in SCRIPTS
            if (name := f"cmdstat_{script}") in counts
        )

    async def used_memory(self) -> int:
        return int((await self.info("memory"))["used_memory"])

    def pause(self) -> None:
        """Stops answering, as a server whose machine hangs."""
        self.child.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.child.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        self.resume()
        await self.child.stop()
