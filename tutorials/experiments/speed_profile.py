"""What the time goes to: torch's own operations, by torch.profiler, sorted into a few kinds."""

from collections.abc import Callable, Mapping
from typing import Any

from torch.profiler import ProfilerActivity, profile

# By the names of torch's operations. In the fast settling the nets are mm and addmm, and all that
# is multiplied in batches (bmm, baddbmm) is consensus; what lists of columns hear it gathers.
KINDS = {
    "products of the nets": ("mm", "addmm", "addmm_", "linear"),
    "GELU": ("gelu", "gelu_", "gelu_backward"),
    "consensus": (
        *("bmm", "baddbmm", "baddbmm_", "_softmax", "_softmax_backward_data"),
        *("linalg_vector_norm", "norm", "norm_backward", "clamp_min", "clamp_min_", "where"),
        *("div", "div_", "ge", "masked_fill", "masked_fill_", "eye", "bitwise_and", "eq"),
        *("gather", "index_select", "index", "index_put_", "_index_put_impl_", "index_add_"),
    ),
    "means and sums": ("add", "add_", "sum", "mul", "mul_", "sub", "mean", "pow"),
    "copies": ("copy_", "cat", "stack", "clone", "contiguous", "fill_", "zero_", "zeros"),
}
REST = "all else"


def kind_of(operation: str) -> str:
    """The kind of an operation as the profiler names it ("aten::addmm"); REST if of none."""
    bare = operation.rpartition("::")[2]
    return next((kind for kind, names in KINDS.items() if bare in names), REST)


def shares(run: Callable[[], Any]) -> dict[str, float]:
    """Of each kind its share of the time that `run` spends in operations; they sum to 1."""
    # Torch 2.11 warns unless it is told to keep what it has seen.
    with profile(activities=[ProfilerActivity.CPU], acc_events=True) as found:
        run()
    times = {event.key: event.self_cpu_time_total for event in found.key_averages()}
    return sorted_out(times)


def sorted_out(times: Mapping[str, float]) -> dict[str, float]:
    """Shares by kind of times by operation, in the order of KINDS."""
    total, out = sum(times.values()), dict.fromkeys([*KINDS, REST], 0.0)
    for operation, time in times.items():
        out[kind_of(operation)] += time / total
    return out
