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

async fn rest() {
    async_io::Timer::after(Duration::from_millis(250)).await;
}

/* Short waits, by which each gets the reactor and loses it, and then a long one. */
async fn second() {
    wait_often().await;
    rest().await;
}

async fn first(stalls: bool) {
    wait_often().await;
    let other = std::thread::spawn(|| async_io::block_on(second()));
    wait_often().await;
    if stalls {
        on_event();
    }
    rest().await;
    rest().await; /* the other one's end is not waited for */
    other.join().unwrap();
}

fn main() {
    let stalls = std::env::args().nth(1).as_deref() == Some("stall");
    async_io::block_on(first(stalls));
    println!("{} stalls", EVENTS.load(Relaxed));
}
