//! Secrets marked as undefined memory for valgrind's memcheck, which then complains of each branch and each address that
//! depends on one (Langley's trick). `host.sh` beside this runs the tests that use it; outside of valgrind nothing is
//! marked and nothing found, and they check results alone.

/// Asks valgrind (`valgrind.h`, `memcheck.h`); 0 where it does not run the program.
#[cfg(all(target_arch = "x86_64", not(miri)))]
fn ask(number: usize, one: usize, two: usize, three: usize) -> usize {
    let question = [number, one, two, three, 0, 0];
    let mut answer = 0;
    // SAFETY: 128 bits of rotation leave rdi as it was, and an exchange of a register with itself does nothing; valgrind
    // knows the sequence, reads the question and may change the answer and its own notes of the memory asked about.
    unsafe {
        core::arch::asm!("rol rdi, 3", "rol rdi, 13", "rol rdi, 61", "rol rdi, 51", "xchg rbx, rbx",
            in("rax") question.as_ptr(), inout("rdx") answer, options(nostack));
    }
    answer
}

/// Other machines have other sequences: there valgrind is not found.
#[cfg(any(not(target_arch = "x86_64"), miri))]
fn ask(_: usize, _: usize, _: usize, _: usize) -> usize {
    0
}

const RUNNING: usize = 0x1001;
const COUNT_ERRORS: usize = 0x1201;
const MAKE_UNDEFINED: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16 | 1;
const MAKE_DEFINED: usize = MAKE_UNDEFINED + 1;
const GET_BITS: usize = MAKE_UNDEFINED + 7;

/// Whether valgrind runs this.
pub fn runs() -> bool {
    ask(RUNNING, 0, 0, 0) != 0
}

/// From now on a secret.
pub fn hide<T: Copy>(secret: &mut [T]) {
    ask(MAKE_UNDEFINED, secret.as_ptr().addr(), size_of_val(secret), 0);
    core::hint::black_box(secret);
}

/// From now on public, such as a result that is compared with what was expected.
pub fn show<T: Copy>(public: &mut [T]) {
    ask(MAKE_DEFINED, public.as_ptr().addr(), size_of_val(public), 0);
    core::hint::black_box(public);
}

/// Whether every byte depends on a secret, as all of a good result does; yes outside of valgrind.
pub fn all_hidden(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| !runs() || hidden(byte))
}

/// Whether no byte does; yes outside of valgrind.
pub fn none_hidden(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| !runs() || !hidden(byte))
}

fn hidden(byte: &u8) -> bool {
    let mut bits = 0u8;
    let place = core::ptr::from_mut(&mut bits);
    assert_eq!(ask(GET_BITS, core::ptr::from_ref(byte).addr(), place.expose_provenance(), 1), 1);
    core::hint::black_box(bits) != 0
}

/// How many branches and addresses of the work depended on a secret. `declared` are not counted: see `host.supp`.
pub fn decisions(work: impl FnOnce()) -> usize {
    let before = ask(COUNT_ERRORS, 0, 0, 0);
    work();
    ask(COUNT_ERRORS, 0, 0, 0) - before
}

/// So many within valgrind, none without.
pub fn seen(decisions: usize) -> usize {
    if runs() { decisions } else { 0 }
}
