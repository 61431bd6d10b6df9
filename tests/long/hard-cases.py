# SPDX-License-Identifier: BSD-2-Clause
"""hard-cases.py [--table FILE] [WORD...]: each hard case's fix, taken out, in a copy of the sources; its test must fail.

For each row (those with one of the words in them): the edits are made in the copy, which is built; of the suite, the
tests that the expression names are run, and one of them, not only the suite's preparation, must fail. Before that they must
pass as things are. In the environment: SRC, BUILD (a configured and built tree). --table writes tests/HARD-CASES.md.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple

# prepared: what is broken lets the suite's preparation fail already, which links and rewrites.
Case = namedtuple("Case", "case broken suite tests edits prepared", defaults=[False])

ENGINE, RUNTIME = "elfpatch/engine/", "runtime/"
SLOT, GATE, WAY = "include/syslayer/slot-x86_64.h", RUNTIME + "entry-x86_64.S", ENGINE + "x86_64-way.c"
LOOKS = "include/syslayer/handle-x86_64.h"
NATIVE = "\tslot_number \\n\n\tslot_syscall\n\tslot_return\n"
# Where it gets longer than slots 0 and 1.
AWAY = (SLOT, "\tslot_shape \\n, slot_native\n", "\tslot_shape \\n, slot_native, \"\\n < 2\"\n")

CASES = [
    # The frame.
    Case("red zone: all slots, one by one", "the frame begins at the stack pointer", "calls-registers",
         "^registers, flags", [("include/syslayer/abi.h", "#define SYSLAYER_RED_ZONE 128", "#define SYSLAYER_RED_ZONE 0")]),
    Case("red zone: a pointer into it is given to the kernel", "the frame begins at the stack pointer",
         "calls-registers", "^sites: of a static",
         [("include/syslayer/abi.h", "#define SYSLAYER_RED_ZONE 128", "#define SYSLAYER_RED_ZONE 0")]),
    Case("every flag", "the stack pointer is moved by add", "calls-registers", "^registers, flags",
         [(ENGINE + "x86_64-trampoline.c", "BYTES(m, 0x48, 0x8d, 0xa4, 0x24);", "BYTES(m, 0x90, 0x48, 0x81, 0xc4);")]),
    Case("every general register", "a stub loses r10", "calls-registers", "^registers, flags",
         [AWAY, (SLOT, NATIVE, NATIVE.replace("syscall\n", "syscall\n\tmov\t%eax, %r10d\n"))]),
    Case("xmm, ymm, zmm and mask registers", "a stub executes vzeroupper", "calls-registers", "^ymm, zmm",
         [AWAY, (SLOT, NATIVE, NATIVE.replace("syscall\n", "syscall\n\tvzeroupper\n"))]),
    Case("numbers -1, 100000 and x32's, known at run time", "the gate looks for no slot of theirs",
         "calls-registers", "^registers, flags",
         [(GATE, ".macro numbers_without_slot to:req\n", ".macro numbers_without_slot to:req\n\t.exitm\n")]),
    Case("numbers without a slot, known from the code", "the site goes where their slot would be",
         "calls-registers", "^registers, flags",
         [(WAY, "else if ((uint32_t)s->number >= SYSLAYER_SLOT_COUNT)", "else if (0)")]),
    Case("Go's small stacks", "the frame takes 2 KiB", "go", "^small stacks",
         [("include/syslayer/abi.h", "#define SYSLAYER_RED_ZONE 128", "#define SYSLAYER_RED_ZONE 2040")]),
    # Where a site stands.
    Case("a site across two pages", "only what lies in the first page is replaced", "calls-registers",
         "^sites: of a static",
         [(ENGINE + "x86_64-trampoline.c", "now, piece[i].length)",
           "now, piece[i].length > 4096 - piece[i].address % 4096 ? 4096 - piece[i].address % 4096"
           " : piece[i].length)")]),
    Case("a jump to a site, or into what is displaced", "branch targets are not looked at", "calls-registers",
         "^sites: of a static",
         [(ENGINE + "tactics.c", "if (targets_hit(&f->targets, in->address, s->address + 2))", "if (0)")]),
    Case("a jump past a prefix, into an instruction that was decoded with it", "what was decoded first counts",
         "elfpatch-sites", "^targets: static, without",
         [(ENGINE + "tactics.c", "certain = in.address > certain ? in.address : certain;", ";")]),
    Case("displaced operands relative to rip", "they are moved as they are", "calls-registers", "^sites: of a static",
         [(ENGINE + "x86_64-trampoline.c", "if (z.attributes & ZYDIS_ATTRIB_IS_RELATIVE && z.raw.disp.size == 32)",
           "if (0)")]),
    Case("sites beside one another", "what is replaced at one is free for the next", "calls-registers",
         "^sites: of a static", [(ENGINE + "tactics.c", "\t\tfree_from = end_of(s);\n\t}\n\treturn 0;", "\t}\n\treturn 0;")],
         True),
    Case("branch targets: long branches", "none is looked for", "elfpatch-sites", "^targets: static, without",
         [(ENGINE + "x86_64-scan.c", "return last == 0xe8 ||", "return 0 && last == 0xe8 ||"),
          (ENGINE + "x86_64-scan.c", "(before == 0x0f && (last & 0xf0) == 0x80) ||", "0 ||")]),
    Case("branch targets: short branches", "none is looked for", "elfpatch-sites", "^targets: static, without",
         [(ENGINE + "sites.c", "in->kind == KIND_BRANCH && in->length < 5", "0")]),
    Case("branch targets: jump tables", "none is looked for", "elfpatch-sites", "^targets: position independent",
         [(ENGINE + "x86_64-scan.c", "\tjump_tables_mark(&tables, t, o);\n", "")]),
    Case("branch targets: tables of addresses, without a load bias", "none is looked for", "elfpatch-sites",
         "^targets: static, without", [(ENGINE + "x86_64-scan.c", "scan_halves(scan->targets, w, s);", ";")]),
    Case("branch targets: addresses as operands", "none is looked for", "elfpatch-sites", "^targets: static, without",
         [(ENGINE + "x86_64-scan.c", "scan_operands(scan->targets, w, list, s, ph->p_vaddr)", "0")]),
    Case("branch targets: relocations without a symbol", "none is looked at, nor what they leave in the data",
         "elfpatch-sites", "^targets: position independent",
         [(ENGINE + "x86_64-scan.c", "== R_X86_64_RELATIVE)", "== R_X86_64_RELATIVE && 0)"),
          (ENGINE + "x86_64-scan.c", "scan_pointers(scan->targets, &s);", ";")]),
    Case("branch targets: relocations by symbols", "none is looked at", "elfpatch-sites", "^targets: of a library",
         [(ENGINE + "x86_64-scan.c", "sym.st_shndx != SHN_UNDEF", "0")]),
    Case("branch targets: packed relocations", "none is looked at, nor what they leave in the data", "elfpatch-sites",
         "^targets: packed",
         [(ENGINE + "x86_64-scan.c", "\t\t\tscan_relr(t, o, o->sh + i);", "\t\t\t;"),
          (ENGINE + "x86_64-scan.c", "scan_pointers(scan->targets, &s);", ";")]),
    Case("branch targets: landing pads", "none is looked for", "elfpatch-sites", "^targets: position independent",
         [(ENGINE + "sites.c", "\tmark_landing_pads(f);\n", "")]),
    Case("a jump to where nothing in the file tells", "it is not looked for", "elfpatch-sites", "^short: a call",
         [(ENGINE + "tactics.c", "\tif (uncertain) {", "\tif (0) {")]),
    Case("fill that is gone to", "only where it is gone to", "elfpatch-sites", "^short: a call",
         [(ENGINE + "fill.c", "targets_suspected(&f->targets, start, to)",
           "targets_suspected(&f->targets, from, to)")]),
    Case("fill that two sites want", "both get it", "elfpatch-sites", "^short: a call",
         [(ENGINE + "fill.c", " || is_taken(f, s, from, to)", "")]),
    Case("unwinding from a jump in fill", "it has no FDE", "unwind", "^search table: a jump in fill",
         [(ENGINE + "unwind-describe.c", "\tdescribe_fill(p, u);\n", "")]),
    Case("data in the text", "what looks like a call is one", "calls-registers", "^sites: constants",
         [(ENGINE + "candidates.c", "static bool plausible(const struct finder *f, size_t i)\n{\n",
           "static bool plausible(const struct finder *f, size_t i)\n{\n\tif (f)\n\t\treturn true;\n")]),
    Case("code that no function covers (glibc's clone3)", "it is left", "calls-processes", "^vfork, clone",
         [(ENGINE + "candidates.c", "(!covered && !plausible(f, i))", "!covered")]),
    Case("stripped Go", "its table of functions is not read", "go", "^table: functions",
         [(ENGINE + "functions.c", "|| functions_from_go(fs, o))", ")")]),
    Case("the number comes in parts", "the last mov of an immediate counts, whatever writes eax behind it",
         "calls-registers", "^sites: of a static", [(WAY, "\t\tif (writes)\n\t\t\tbreak;\n", "")]),
    Case("two numbers come to one site", "branches to between the number and the site are not looked at",
         "calls-registers", "^sites: of a static",
         [(ENGINE + "tactics.c", "if (targets_hit(&f->targets, s->origin, s->address + 1))", "if (0)")]),
    # Calls that are bound to a stack.
    Case("vfork with a busy child", "it goes through the slot", "calls-processes", "^vfork, clone",
         [(WAY, "s->number == NR_VFORK || ", "")]),
    Case("vfork with a busy child, number known at run time", "it goes through the slot", "calls-processes",
         "^vfork, clone", [(GATE, "/* vfork */\n\tjrcxz\t.Lask\n", "/* vfork */\n")]),
    Case("clone(CLONE_VM | SIGCHLD, stack)", "it goes through the slot", "calls-processes", "^vfork, clone",
         [(WAY, "s->number == NR_CLONE || ", "")]),
    Case("clone with a stack, number known at run time", "it goes through the slot", "calls-processes",
         "^vfork, clone", [(GATE, "/* clone */\n\tjrcxz\t.Lask\n", "/* clone */\n")]),
    Case("clone3, posix_spawn, threads", "clone3 goes through the slot", "calls-processes", "^vfork, clone",
         [(WAY, " || s->number == NR_CLONE3", "")]),
    Case("clone3 of threads", "it goes through the slot", "calls-threads", "^threads that are joined",
         [(WAY, " || s->number == NR_CLONE3", "")]),
    Case("munmap of the own stack, then exit (musl)", "munmap comes back by the stack", "calls-threads",
         "^threads that are detached", [(WAY, "exits_next(f, c, i))", "exits_next(f, c, i) && 0)")]),
    Case("exit without a stack (Go, musl)", "the way back is written to the stack", "calls-threads",
         "^threads without a stack", [(WAY, "else if (s->number == NR_EXIT)", "else if (0)")]),
    Case("rt_sigreturn", "it goes through the slot", "calls-signals", "^calls that do not block",
         [(WAY, "if (s->number == NR_RT_SIGRETURN || is_restorer(c, s))", "if (is_restorer(c, s) && 0)")]),
    Case("rt_sigreturn, number known at run time", "it goes through the slot", "calls-signals", "^a handler's way back",
         [(GATE, "/* rt_sigreturn */\n\tjrcxz\t.Linline\n", "/* rt_sigreturn */\n")]),
    Case("fork storms", "the section is not the child's", "calls-processes", "^vfork, clone",
         [(RUNTIME + "native.c", "\t\treturn 0;\n\treturn (int)copy",
           "\t\treturn (int)SYSCALL(__NR_madvise, section, SYSLAYER_SLOTS_SIZE, 10, 0, 0, 0);\n\treturn (int)copy")]),
    Case("exec of a rewritten program by a rewritten one", "the layer does not look at exec", "calls-processes",
         "^exec of itself", [(LOOKS, "\\n == 58 || \\n == 59 || \\n == 60", "\\n == 58 || \\n == 60"),
                        (LOOKS, "\\n == 58 || \\n == 59 || \\n == 131", "\\n == 58 || \\n == 131")]),
    # Signals.
    Case("signals in calls that do not block, nested handlers", "a stub gives its frame up before the call",
         "calls-signals", "^calls that do not block",
         [AWAY, (SLOT, NATIVE, "1:\tlea\tSYSLAYER_RED_ZONE+8(%rsp), %rsp\n\tsyscall\n"
           "\tlea\t-SYSLAYER_RED_ZONE-8(%rsp), %rsp\n\tslot_return\n")]),
    Case("ERESTART: a call is begun again (SA_RESTART)", "a stub gives its frame up before the call", "calls-signals",
         "^SA_RESTART",
         [AWAY, (SLOT, NATIVE, "1:\tlea\tSYSLAYER_RED_ZONE+8(%rsp), %rsp\n\tsyscall\n"
           "\tlea\t-SYSLAYER_RED_ZONE-8(%rsp), %rsp\n\tslot_return\n")]),
    Case("EINTR is the program's to see", "a stub makes the call again", "calls-signals", "^without SA_RESTART",
         [AWAY, (SLOT, NATIVE, "1:\tsyscall\n\tlea\t4(%rax), %rcx\n\tjrcxz\t2f\n\tslot_return\n"
           "2:\tmov\t$35, %eax\n\tjmp\t1b\n")]),
    Case("SA_ONSTACK, sigaltstack, under layers in C", "signals do not wait while a handler of the layer runs",
         "calls-signals", "on a stack of their own, and layers", [("layers/library/stack.S", "\tjc\trun_on_alternate\n", "")]),
    Case("siglongjmp out of a layer in C", "the stack of who has left is not found again", "layer-kit", "left by longjmp",
         [("layers/library/stack.h", "\tcmp\t\\owner, %rax\n\tje\t\\claimed\n", "")]),
    Case("siglongjmp out of a call that blocks", "a stub notes who is in the kernel, and has room for 1,000",
         "calls-signals", "^siglongjmp",
         [("layers/count.S", "\tslot_shape \\n, count_plain\n", "\tslot_shape \\n, count_plain, 1\n"),
          ("layers/count.S", "\tsyscall\n\tjmp\tcount_made_\\n\n",
           "\tlock incl count_busy(%rip)\n\tcmpl\t$1000, count_busy(%rip)\n\tjbe\t4f\n\tud2\n"
           "4:\tsyscall\n\tlock decl count_busy(%rip)\n\tjmp\tcount_made_\\n\n"),
          ("layers/count.S", "\timage count, slot=count_slot, ask=count_ask\n",
           "\timage count, slot=count_slot, ask=count_ask\n\t.lcomm\tcount_busy, 4\n")]),
    # Threads.
    Case("threads are counted exactly", "the count that they share is not locked", "calls-threads",
         "^calls from eight", [("layers/count.S", "2:\tlock incq count_shared", "2:\tincq count_shared")]),
    Case("a call that a handler leaves by siglongjmp is counted, once",
         "it is counted when it comes back, if it does", "layers", "^count: calls that a signal cuts short",
         [("layers/count.S", "start, end, interrupted", "start, end")]),
    Case("SIGALRM of a timer that comes while a slot waits is no crash of the layer",
         "any signal of the kernel is one", "layers", "^count: calls that a signal cuts short",
         [("layers/library/crash.c", "if (info->si_code <= 0 || !syslayer_is_fault(sig))", "if (info->si_code <= 0)")]),
    Case("layers in C leave the program's stack", "they run on it", "layer-kit", "small stacks",
         [("layers/library/stack.S", "place syslayer_run_unguarded\n\tpush\t%rbp\n\tmov\t%rsp, %rbp\n",
           "place syslayer_run_unguarded\n\tpush\t%rbp\n\tmov\t%rsp, %rbp\n\tlea\tsyslayer_no_stack(%rip), %r8\n\tjmp\t4f\n")]),
    # Cancellation and unwinding.
    Case("pthread_cancel, musl", "the call is moved, whatever its place is compared with", "calls-threads",
         "in read, musl$", [(WAY, "else if (targets_pointed(&f->targets, s->address + 2))", "else if (0)")]),
    Case("pthread_cancel of glibc 2.41, qemu's safe_syscall", "the call is moved, whatever its place is compared with",
         "elfpatch-sites", "no signal is lost",
         [(WAY, "else if (targets_pointed(&f->targets, s->address + 2))", "else if (0)")]),
    Case("pthread_cancel: C++ destructors", "the section has no row in the unwind table", "calls-threads",
         "^cancellation: runs destructors",
         [(ENGINE + "unwind-describe.c", "row.address = p->a->section;\n\tunwind_stub(&row, debug);",
           "row.address = p->a->section;\n\tunwind_nothing_known(&row);\n\t(void)debug;")]),
    Case("sigreturn unwinding: a handler finds the callers, throws, and jumps",
         "the section has no row in the unwind table", "unwind", "^signals: a handler",
         [(ENGINE + "unwind-describe.c", "row.address = p->a->section;\n\tunwind_stub(&row, debug);",
           "row.address = p->a->section;\n\tunwind_nothing_known(&row);\n\t(void)debug;")]),
    Case("unwinding: at each instruction of a trampoline", "rows are those of the site, wherever the stack is",
         "unwind", "^gdb: at each", [(ENGINE + "unwind-describe.c", "\t\tif (m->lowered)\n\t\t\tunwind_lower(&row);\n", "")]),
    Case("core dumps", "the section has no row in the unwind table", "calls-observed", "^core dumps",
         [(ENGINE + "unwind-describe.c", "row.address = p->a->section;\n\tunwind_stub(&row, debug);",
           "row.address = p->a->section;\n\tunwind_nothing_known(&row);\n\t(void)debug;")]),
    Case("pthread_cancel in C of a layer", "it is not waited until that is over", "layer-kit",
         "^threads are cancelled while",
         [("layers/library/cancel.c", "	if (is_in_c(r)) {", "	if (0) {")]),
    Case("pthread_cancel in C of a layer, all stacks in use", "C is known by the layer's stacks alone", "layer-kit",
         "^threads are cancelled while",
         [("layers/library/cancel.c", "(unsigned long)(image_code_end - image_code) ||", "0;"),
          ("layers/library/cancel.c", "\t       r->rip == (unsigned long)syslayer_program_called;\n", "")]),
    Case("pthread_cancel on the way into a layer, out of it, and to a handler",
         "the thread is unwound from where it is", "calls-threads", "^cancellation: at each",
         [("layers/library/cancel.c", "w = window_at(r->rip);", "w = window_at(0);")]),
    Case("pthread_cancel on the way of a call that was caught", "the thread is unwound from where it is",
         "calls-threads", "^cancellation: at each",
         [("layers/library/cancel.c", "r->rip = r->rcx - 2;", "r->rsp -= (unsigned long)w->value;")]),
    Case("pthread_cancel on the way to a handler, in C", "what came meanwhile waits for another call", "calls-threads",
         "^cancellation: at each",
         [("layers/library/dispatch.S", "\tcmpl\t$0, syslayer_cancels(%rip)\n\tjne\t2f\n", "")]),
    Case("a crash of the layer", "only the program's handler is called", "layer-kit",
         "^a handler that crashes names its layer, and",
         [("layers/library/dispatch.S", "\tcall\tsyslayer_crash_comes\n", "\txor\t%eax, %eax\n")]),
    Case("a child of vfork sets a handler", "the memory is whose call comes first", "layer-kit",
         "^a handler that crashes names its layer, and",
         [("layers/library/init.c", "\tif (leaves_its_stack(c->number))\n\t\tsyslayer_is_mine();\n", "")]),
    # Calls from outside of the section.
    Case("Syscall User Dispatch: children of fork", "only their parent is guarded", "exhaustive",
         "^calls of all kinds are caught: count$",
         [("layers/library/dispatch.c", "\t\tcatch_sigsys();\n\tguard();", "\t\tcatch_sigsys();")]),
    Case("Syscall User Dispatch: the program blocks SIGSYS", "it does", "exhaustive",
         "^calls of all kinds are caught: count$",
         [("layers/library/dispatch-calls.c", "\tif (!p || syslayer_peek(&mask", "\tif (p || syslayer_peek(&mask")]),
    Case("Syscall User Dispatch: the program switches it off", "it does", "exhaustive",
         "^calls of all kinds are caught: count$",
         [("layers/library/dispatch-calls.c", "\tif (switches_off(c))\n\t\treturn -EPERM;\n", "")]),
    Case("pin: a call from elsewhere", "it is made", "layer-pin", "^a call from elsewhere",
         [("layers/pin.c", "return !reports;", "return 0;")]),
    Case("pin: another number in a slot", "the slot makes what is in the register", "layer-pin",
         "^a slot makes its own",
         [(SLOT, "\tmov\t$\\n, %eax\n", "")]),
    # Others between the program and the kernel.
    Case("seccomp: a filter of the program's own", "a stub makes another call", "calls-processes", "^auxiliary vector",
         [AWAY, (SLOT, NATIVE, "1:\tpush\t%rax\n\tmov\t$24, %eax\n\tsyscall\n\tpop\t%rax\n\tsyscall\n"
           "\tslot_return\n")]),
    Case("seccomp: a handler or another thread answers", "a stub asks the kernel twice", "calls-observed",
         "^seccomp: another thread",
         [AWAY, (SLOT, NATIVE, "1:\tpush\t%rax\n\tsyscall\n\tpop\t%rax\n\tsyscall\n\tslot_return\n")]),
    Case("ptrace: strace and single steps see each call once", "a stub asks the kernel twice", "calls-observed",
         "^ptrace", [AWAY, (SLOT, NATIVE, "1:\tpush\t%rax\n\tsyscall\n\tpop\t%rax\n\tsyscall\n\tslot_return\n")]),
    Case("strace -i: calls come from the section", "sites whose number is known are left", "calls-processes",
         "^strace", [(WAY, "\t\ts->way = WAY_SLOT;\n", "\t\ts->reason = SYSLAYER_REASON_ROOM;\n")]),
    Case("real programs: strace -i of each", "sites whose number is known go to the gate, which makes all calls where "
         "they stood, and tells of none", "real-programs", "^bash",
         [(GATE, "runtime_gate:\n", "runtime_gate:\n\tjmp\t.Linline\n")]),
]


def run(command, log, **more):
    with open(log, "ab") as out:
        return subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False, **more).returncode


def build(copy, log):
    return run(["make", "-C", copy + "/build", "-j2", "all"], log) == 0


def results(copy, case):
    """(names of the tests that passed, of those that failed)"""
    environment = dict(os.environ, SRC=copy, BUILD=copy + "/build")
    out = subprocess.run(["timeout", "600", "bats", "--tap", "-f", case.tests, f"{copy}/tests/{case.suite}.bats"],
                         env=environment, capture_output=True, text=True, errors="replace", check=False).stdout
    passed, failed = (re.findall(f"^{word} \\d+ (.*)$", out, re.M) for word in ("ok", "not ok"))
    return passed, [f for f in failed if f != "setup_file failed" or case.prepared], out


def edit(copy, edits):
    for file, old, new in edits:
        path = os.path.join(copy, file)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            return f"{file}: there {text.count(old)} times: {old.strip()}"
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
    return None


def undo(source, copy, edits):
    for file in {e[0] for e in edits}:
        shutil.copyfile(os.path.join(source, file), os.path.join(copy, file))


def attempt(source, copy, case, log):
    """Why the row is wrong, or None."""
    try:
        wrong = edit(copy, case.edits)
        if wrong:
            return wrong
        if not build(copy, log):
            return "it cannot be built"
        _, failed, out = results(copy, case)
        with open(log, "a", encoding="utf-8") as f:
            f.write(f"\n== {case.case}: {case.broken}\n{out}\n")
        return None if failed else "its test does not fail"
    finally:
        undo(source, copy, case.edits)


def table(rows, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write("<!-- SPDX-License-Identifier: BSD-2-Clause -->\n# Hard cases, and that their tests can fail\n\n"
                  "Of each case: its test (suite, and an expression for its name), and what was broken in a copy of "
                  "the sources\nto see it fail. `tests/long/hard-cases.py` does that, and writes this table.\n\n"
                  "| case | test | fails when |\n| --- | --- | --- |\n")
        for c in rows:
            out.write(f"| {c.case} | {c.suite}: `{c.tests}` | {c.broken} |\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--table")
    parser.add_argument("--keep", help="work in this directory, and leave it there")
    parser.add_argument("--only-broken", action="store_true", help="that tests pass as things are is known")
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    source, built = os.environ["SRC"], os.environ["BUILD"]
    chosen = [c for c in CASES if not args.words or any(w in " ".join(c[:4]) for w in args.words)]
    bad = []
    with tempfile.TemporaryDirectory() as temporary:
        copy = os.path.join(args.keep or temporary, "copy")
        log = os.path.join(args.keep or temporary, "log")
        if not os.path.exists(copy):
            shutil.copytree(source, copy, symlinks=True,
                            ignore=lambda d, names: [n for n in names if n == ".git" or os.path.join(d, n) == built])
            os.mkdir(copy + "/build")
            if run([copy + "/configure"], log, cwd=copy + "/build") or not build(copy, log):
                sys.exit(f"the copy cannot be built: {log}")
        known = {}
        for case in chosen:
            key = (case.suite, case.tests)
            if key not in known and args.only_broken:
                known[key] = None
            if key not in known:
                build(copy, log)
                passed, failed, out = results(copy, case)
                known[key] = None if passed and not failed else "its test does not pass as things are:\n" + out
            wrong = known[key] or attempt(source, copy, case, log)
            print(f"{'wrong' if wrong else 'right'}: {case.case}: {wrong or case.broken}", flush=True)
            if wrong:
                bad.append(case)
    if args.table:
        table([c for c in chosen if c not in bad], args.table)
    sys.exit(1 if bad else 0)


main()
