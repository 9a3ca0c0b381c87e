"""What schemathesis holds each answer to, besides the description itself (docs: Extending, Checks)."""

import re

import schemathesis

# A line of a stack of Bun, Node or Python, or a path of our own sources.
STACK = re.compile(rb"\n\s+at \S.*:\d+|Traceback \(most recent call last\)|\$bunfs|/src/\w+/[\w-]+\.ts")


def _is_of_an_action(response) -> bool:
    """Actions answer what they like; what they answer carries the id of the activation."""
    return "x-openwhisk-activation-id" in response.headers


@schemathesis.check
def no_fault(ctx, response, case) -> None:
    """A 5xx is an action's failure; the node itself has no reason to fail, or to be away, while it is fuzzed."""
    if response.status_code >= 500 and not _is_of_an_action(response):
        raise AssertionError(f"the node failed: {response.status_code} {response.text[:500]}")


@schemathesis.check
def no_stack_trace(ctx, response, case) -> None:
    """No refusal tells what our code looks like. The page's own script is as it is."""
    if not _is_of_an_action(response) and "/docs/" not in case.path and STACK.search(response.content):
        raise AssertionError(f"a stack trace: {response.text[:500]}")
