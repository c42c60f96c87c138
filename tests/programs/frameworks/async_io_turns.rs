/*
 * async-io, which async-std and smol wait by: threads take turns at one reactor, each with a parker
 * of its own; a thread of the crate's own waits for the lock of the reactor, which another keeps
 * for as long as it waits. Two threads of the program's that wait for timers, and for each other;
 * the main thread has had the reactor to itself before (one that never gets it is not known to have
 * a loop).
 *
 * @needs: crate:tokio crate:async-io
 * @run turns turns
 * @expect clean
 * @run stall stall
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=async_io_turns::on_event main=true
 */
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

const TURNS: u32 = 24;
static EVENTS: AtomicU64 = AtomicU64::new(0);

/* Counts last, so that it is on the stack while it sleeps. */
#[inline(never)]
fn on_event() {
    std::thread::sleep(Duration::from_millis(200));
    EVENTS.fetch_add(1, Relaxed);
}

async fn wait_often() {
    for _ in 0..TURNS {
        async_io::Timer::after(Duration::from_millis(8)).await;
    }
}

/* Short waits, by which each gets the reactor and loses it, and then a long one. */
async fn wait_and_rest(stalls: bool) {
    wait_often().await;
    if stalls {
        on_event();
    }
    async_io::Timer::after(Duration::from_millis(250)).await;
}

fn main() {
    let stalls = std::env::args().nth(1).as_deref() == Some("stall");
    async_io::block_on(wait_often());
    let second = std::thread::spawn(|| async_io::block_on(wait_and_rest(false)));
    async_io::block_on(wait_and_rest(stalls));
    second.join().unwrap();
    println!("{} stalls", EVENTS.load(Relaxed));
}
