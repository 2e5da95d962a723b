//! What exit codes usually mean, on Linux and on Windows.

/// What an exit code usually means.
///
/// Sources: "Exit status" in the Bash manual, `signal(7)`, and "NTSTATUS values" in Microsoft's Open
/// Specifications. Windows codes come signed or unsigned.
pub(super) fn meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "ended well",
        125 => "the container could not be started",
        126 => "the command could not be run",
        127 => "the command was not found",
        130 => "asked to stop (SIGINT)",
        132 => "illegal instruction (SIGILL)",
        134 => "aborted (SIGABRT)",
        135 => "bus error (SIGBUS)",
        136 => "arithmetic error (SIGFPE)",
        137 => "killed (SIGKILL)",
        139 => "segmentation fault (SIGSEGV)",
        143 => "asked to stop (SIGTERM)",
        _ => return on_windows(code),
    })
}

/// Whether a container with this exit code was stopped, and did not end by itself.
pub(super) fn was_stopped(code: i64) -> bool {
    matches!(code, 130 | 137 | 143) || matches!(status(code), Some(CTRL_C | TERMINATED))
}

const CTRL_C: u32 = 0xC000_013A;
const TERMINATED: u32 = 0x4001_0004;

fn status(code: i64) -> Option<u32> {
    let negative = || i32::try_from(code).ok().map(i32::cast_unsigned);
    u32::try_from(code).ok().or_else(negative)
}

fn on_windows(code: i64) -> Option<&'static str> {
    Some(match status(code)? {
        CTRL_C => "asked to stop (STATUS_CONTROL_C_EXIT)",
        TERMINATED => "asked to stop (DBG_TERMINATE_PROCESS)",
        0xC000_0005 => "access violation (STATUS_ACCESS_VIOLATION)",
        0xC000_0017 => "out of memory (STATUS_NO_MEMORY)",
        0xC000_001D => "illegal instruction (STATUS_ILLEGAL_INSTRUCTION)",
        0xC000_00FD => "stack overflow (STATUS_STACK_OVERFLOW)",
        0xC000_0135 => "a DLL was not found (STATUS_DLL_NOT_FOUND)",
        0xC000_0142 => "a DLL could not be initialized (STATUS_DLL_INIT_FAILED)",
        0xC000_0374 => "heap corruption (STATUS_HEAP_CORRUPTION)",
        0xC000_0409 => "failed fast (STATUS_STACK_BUFFER_OVERRUN)",
        0xE043_4352 => "an unhandled .NET exception",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_codes_come_signed_and_unsigned() {
        let violation = Some("access violation (STATUS_ACCESS_VIOLATION)");
        assert_eq!(meaning(3_221_225_477), violation);
        assert_eq!(meaning(-1_073_741_819), violation);
        for code in [137, 143, 130, 3_221_225_786, -1_073_741_510, 1_073_807_364] {
            assert!(was_stopped(code), "{code}");
            assert!(meaning(code).is_some(), "{code}");
        }
        for code in [0, 1, 139, 255, 3_221_225_477, -1, i64::MAX, i64::MIN] {
            assert!(!was_stopped(code), "{code}");
        }
        assert_eq!(meaning(i64::MAX), None);
    }
}
