"""Kernels that kernels alone call: typed and lowered once, made fast within those that call them.

Numba optimizes every function and makes machine code of it, though a caller holds a copy of the
code of what it calls and optimizes that again. Here an inner kernel's code goes to its callers as
it is; a machine runs the callers' copies alone.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import AnalysisPass, register_pass
from numba.core.environment import lookup_environment
from numba.core.typed_passes import AnnotateTypes, NativeLowering

_ENVIRONMENT = "_ZN08NumbaEnv"  # what a function's Python objects are found by


class _Nowhere:
    """Where there is no machine code, there is no place for the address of Python's objects."""

    @staticmethod
    def set_env(*_: object) -> None:
        """Nothing: `_told_environments` does it for the callers' copies."""


class _LinkedLibrary(JITCodeLibrary):  # type: ignore[misc]
    """Code that callers link into theirs."""

    codegen = _Nowhere

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """No address: there is no entry from Python."""
        del name
        self._ensure_finalized()
        return 0

    def serialize_using_object_code(self) -> Any:
        """What is kept on disk, for kernels that other runs compile."""
        return self.serialize_using_bitcode()


class _Pass(AnalysisPass):  # type: ignore[misc]
    def __init__(self) -> None:
        AnalysisPass.__init__(self)


@register_pass(mutates_CFG=False, analysis_only=True)
class _Linked(_Pass):
    """Before lowering: no entries, no machine code.

    As options of the function they would be a part of its type, and numba's own functions that
    kernels of both kinds call would be compiled for each.
    """

    _name = "geoplan_linked"

    def run_pass(self, state: Any) -> bool:
        """Set what lowering looks at."""
        state.flags.no_cpython_wrapper = True
        state.flags.no_cfunc_wrapper = True
        state.library = _LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class _EntryFromPythonAlone(_Pass):
    """Before lowering: nobody hands the kernel to C."""

    _name = "geoplan_entry"

    def run_pass(self, state: Any) -> bool:
        """Set what lowering looks at."""
        state.flags.no_cfunc_wrapper = True
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class _ToldEnvironments(_Pass):
    """After lowering: the copies of inner kernels find their Python objects, as those loaded do."""

    _name = "geoplan_environments"

    def run_pass(self, state: Any) -> bool:
        """Write down the address of each, where the machine code looks for it."""
        for variable in state.library._final_module.global_variables:
            name = variable.name
            found = lookup_environment(name) if name.startswith(_ENVIRONMENT) else None
            if found is not None:
                state.targetctx.codegen().set_env(name, found)
        return False


class EntryCompiler(Compiler):  # type: ignore[misc]
    """Compiles what Python calls."""

    def define_pipelines(self) -> Any:
        """Numba's steps and two."""
        (steps,) = super().define_pipelines()
        steps.add_pass_after(_EntryFromPythonAlone, AnnotateTypes)
        steps.add_pass_after(_ToldEnvironments, NativeLowering)
        steps.finalize()
        return [steps]


class InnerCompiler(Compiler):  # type: ignore[misc]
    """Compiles what kernels alone call."""

    def define_pipelines(self) -> Any:
        """Numba's steps and one."""
        (steps,) = super().define_pipelines()
        steps.add_pass_after(_Linked, AnnotateTypes)
        steps.finalize()
        return [steps]
