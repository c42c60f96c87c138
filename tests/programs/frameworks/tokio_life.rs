/*
 * The life of a program on tokio beside its tasks: two runtimes one after the other, work between
 * and after them, two runtimes in threads of which one stalls, a runtime's end that waits for its
 * pool (a worker that has ended may be the thread that the pool's last task then runs on: a note
 * at most).
 *
 * @needs: crate:tokio crate:async-io
 * @run after-single after single
 * @expect clean
 * @run after-many after many
 * @expect clean
 * @run again-single again single
 * @expect clean
 * @run again-many again many
 * @expect clean
 * @run again-stall again-stall single
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=tokio_life::on_event main=true
 * @run again-many-stall again-stall many
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=tokio_life::on_event
 * @run same same single
 * @expect clean
 * @run same-stall same-stall single
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=tokio_life::on_event main=true
 * @run threads threads single
 * @expect clean
 * @run threads-stall threads-stall single
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=tokio_life::on_event
 * thread=second
 * @run jobs jobs single
 * @expect clean
 * @run jobs-stall jobs-stall single
 * @expect stall cause=blocking-call call=nanosleep ms=200 function=tokio_life::on_event times=3
 * thread=worker
 * @run pool-at-end pool-at-end many
 * @expect stall times=0..1 state=exiting counted=false cause=* function=tokio_life::on_event
 */
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

static KEPT: AtomicU64 = AtomicU64::new(0);

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

#[inline(never)]
fn on_event() {
    pause(200);
    KEPT.fetch_add(1, Relaxed);
}

/* What a program does when its runtime is gone, or not there yet. */
#[inline(never)]
fn clean_up() {
    pause(200);
    let end = Instant::now() + Duration::from_millis(150);
    while Instant::now() < end {
        KEPT.fetch_add(1, Relaxed);
    }
}

fn runtime(kind: &str) -> Runtime {
    match kind {
        "many" => Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap(),
        _ => Builder::new_current_thread().enable_all().build().unwrap(),
    }
}

async fn ticks(count: u32) {
    let mut every = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..count {
        every.tick().await;
    }
}

fn run(on: &Runtime, stalls: bool) {
    on.block_on(async move {
        tokio::spawn(async move {
            ticks(6).await;
            if stalls {
                on_event();
            }
            ticks(6).await;
        })
        .await
        .unwrap();
    });
}

fn threads(stalls: bool) {
    let second = std::thread::Builder::new().name("second".to_string());
    let second = second.spawn(move || run(&runtime("single"), stalls)).unwrap();
    let third = std::thread::spawn(|| run(&runtime("single"), false));
    run(&runtime("single"), false);
    second.join().unwrap();
    third.join().unwrap();
}

/* A worker that has a runtime of its own, and runs it for each job. */
fn jobs(stalls: bool) {
    let (give, take) = std::sync::mpsc::channel::<bool>();
    let worker = std::thread::Builder::new().name("worker".to_string());
    let worker = worker
        .spawn(move || {
            let one = runtime("single");
            for stalls in take {
                run(&one, stalls);
            }
        })
        .unwrap();
    for _ in 0..3 {
        pause(450);
        give.send(stalls).unwrap();
    }
    pause(650);
    drop(give);
    worker.join().unwrap();
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let mode = words[1].trim_end_matches("-stall");
    let stalls = mode != words[1];
    match mode {
        "again" => {
            run(&runtime(&words[2]), false);
            clean_up();
            run(&runtime(&words[2]), stalls);
        }
        "same" => {
            let one = runtime(&words[2]);
            run(&one, false);
            clean_up();
            run(&one, stalls);
        }
        "threads" => threads(stalls),
        "jobs" => jobs(stalls),
        "pool-at-end" => {
            let one = runtime(&words[2]);
            run(&one, false);
            one.spawn_blocking(on_event);
        }
        _ => {
            run(&runtime(&words[2]), false);
            clean_up();
        }
    }
    println!("done");
}
