"""Ranks: which of several processes am I, and what do all of them agree on?

`torchrun --nproc-per-node K -m glom_torch.train ...` starts K of them; everything that is sent
between them is sent by torch.distributed. Alone, nothing here does anything.
"""

import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any

import torch
import torch.distributed as dist

from glom_numpy.alone import Alone

__all__ = ["Ranks"]

LONGEST = 4096  # bytes of what one process has to tell the others


class Ranks(Alone):
    """The processes that train together: `with Ranks() as ranks: fit(..., ranks=ranks)`.

    Those that torchrun started, or those of the group that there is already; else one, alone. A
    group made here is over when the block is; `timeout` is how long they wait for each other (None:
    torch's own).
    """

    def __init__(self, *, timeout: timedelta | None = None) -> None:
        self.timeout = {} if timeout is None else {"timeout": timeout}
        self.rank, self.count, self.local, self.ours = 0, 1, 0, False
        if dist.is_available() and dist.is_torchelastic_launched():
            names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "TORCHELASTIC_RESTART_COUNT")
            self.rank, self.count, self.local, restarts = (int(os.environ[n]) for n in names)
            self.restarted = restarts > 0
        if dist.is_available() and dist.is_initialized():
            self.rank, self.count = dist.get_rank(), dist.get_world_size()
        self.first = self.rank == 0
        if self.count > 1:
            nodes, each = os.environ.get("GROUP_WORLD_SIZE"), os.environ.get("LOCAL_WORLD_SIZE")
            where = ["--standalone"] if nodes in ("1", None) else ["--nnodes", nodes]
            self.words = ("torchrun", *where, "--nproc-per-node", each or str(self.count))
        self.accumulate, self.recompute, self.device = 1, False, "cpu"

    def __enter__(self) -> "Ranks":
        if self.count > 1 and not dist.is_initialized():
            self._start()
            self.ours = True
        return self

    def _start(self) -> None:
        store, rank, count = next(dist.rendezvous("env://", **self.timeout))
        if os.environ["GROUP_WORLD_SIZE"] == "1":
            # torchrun's store outlives a restart, and the addresses of the dead are in it
            # (https://github.com/pytorch/pytorch/issues/135712): begin a page of our own. Machines
            # count restarts each for itself, hence `heed`.
            restart = os.environ["TORCHELASTIC_RESTART_COUNT"]
            store = dist.PrefixStore(f"restart{restart}", store)
        # What is agreed on is in the main memory, hence gloo; gradients are where they are.
        cuda = torch.cuda.is_available() and dist.is_nccl_available()
        backend = "cpu:gloo,cuda:nccl" if cuda else "gloo"
        where = dict(store=store, rank=rank, world_size=count)
        dist.init_process_group(backend, **where, **self.timeout)

    def __exit__(
        self, kind: type | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Who fails does not wait for others, who may never come.
        if self.ours and kind in (None, SystemExit):
            self.largest(0)  # torchrun stops the others as soon as one has left with a problem
            dist.destroy_process_group()
        self.ours = False

    def heed(self, args: Namespace) -> list[str]:
        """Take on what the flags say of the machine; returns those to repeat with --resume.

        ValueError for a device that several processes cannot each have one of, and where torch
        could not start them again after one has failed.
        """
        several = os.environ.get("GROUP_WORLD_SIZE", "1") != "1"
        shared = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
        if several and shared and os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0") != "0":
            raise ValueError(
                "--max-restarts: wanted TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 in the environment of "
                "torchrun on every machine; without it a restart finds the addresses of the dead"
            )
        self.device, self.accumulate = args.device, args.accumulate
        self.recompute = args.recompute
        repeat = ["--device", args.device] if args.device != "cpu" else []
        repeat += ["--accumulate", str(args.accumulate)] if args.accumulate != 1 else []
        repeat += ["--recompute"] if args.recompute else []
        if self.count > 1 and args.device != "cpu":
            if args.device != "cuda":
                raise ValueError(
                    f"--device: wanted cpu or cuda for {self.count} processes, of which each "
                    f"takes the GPU of its own number; got {args.device!r}"
                )
            self.device = f"cuda:{self.local}"  # not run on a GPU
        if args.deterministic:
            # cuBLAS asks for it: https://docs.nvidia.com/cuda/cublas/#results-reproducibility
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            torch.use_deterministic_algorithms(True)
            repeat += ["--deterministic"]
        return repeat

    def how(self, autocast: str | None) -> dict[str, Any]:
        """What `fit` must be told beside a run's choices."""
        how = dict(accumulate=self.accumulate, recompute=self.recompute, autocast=autocast)
        return dict(ranks=self, **how)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All do this: a ValueError, TypeError or OSError of one is a problem of all."""
        problem = None
        try:
            yield
        except (ValueError, TypeError, OSError) as caught:
            problem = caught
        said = self._everyone("" if problem is None else str(problem) or type(problem).__name__)
        if problem is not None:
            raise problem
        for rank, text in enumerate(said):
            if text:
                raise OSError(f"process {rank}: {text}")

    def same(self, name: str, value: str) -> None:
        """ValueError unless all say the same."""
        said = self._everyone(value)
        for rank, theirs in enumerate(said):
            if theirs != said[0]:
                raise ValueError(
                    f"{name}: wanted the same in every process, got {said[0]!r} in process 0 and "
                    f"{theirs!r} in process {rank}"
                )

    def largest(self, number: int) -> int:
        """The largest number >= 0 that any of them says."""
        if self.count == 1:
            return number
        said = torch.tensor(number)
        dist.all_reduce(said, op=dist.ReduceOp.MAX)
        return int(said)

    def mean(self, values: list[float]) -> list[float]:
        """The mean over all, number by number, in float64."""
        if self.count == 1:
            return values
        total = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(total)
        return (total / self.count).tolist()

    def _everyone(self, text: str) -> list[str]:
        """What each says, at most LONGEST bytes of it. Not all_gather_object, which pickles."""
        if self.count == 1:
            return [text]
        mine = torch.zeros(LONGEST, dtype=torch.uint8)
        said = torch.tensor(list(text.encode()[:LONGEST]), dtype=torch.uint8)
        mine[: len(said)] = said
        every = [torch.empty_like(mine) for _ in range(self.count)]
        dist.all_gather(every, mine)
        return [bytes(x.tolist()).rstrip(b"\0").decode(errors="replace") for x in every]
