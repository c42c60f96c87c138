/*
 * tokio with four workers (they take turns in epoll_wait, and who does not wait there parks in a
 * futex), with one worker, and on one thread (current_thread): each way to block in a task, and
 * what may take long: workers without work, the pool of spawn_blocking, many short tasks.
 *
 * @needs: crate:tokio crate:async-io
 * @run many-idle many idle
 * @expect clean
 * @run many-short many short
 * @expect clean
 * @run many-pool many pool
 * @expect clean
 * @run many-timer many timer
 * @expect stall cause=blocking-call call=nanosleep detail='300 ms' ms=300
 * function=tokio_tasks::on_event wait=epoll_wait thread=tokio-runtime-w
 * @run many-readable many readable
 * @expect stall cause=blocking-call call=nanosleep ms=300 function=tokio_tasks::on_event
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-nested many nested
 * @expect stall cause=blocking-call call=nanosleep ms=300 function=tokio_tasks::on_event
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-spawned many spawned
 * @expect stall cause=blocking-call call=nanosleep ms=300 function=tokio_tasks::on_event
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-mutex many mutex
 * @expect stall cause=lock call=futex ms=220..370 function=tokio_tasks::lock_held_elsewhere
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-joins many joins
 * @expect stall cause=lock call=pthread_join ms=250..350 function=tokio_tasks::block_on_elsewhere
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-channel many channel
 * @expect stall cause=lock call=futex ms=250..400 function=tokio_tasks::receive_blocking
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-fifo many fifo %d/fifo
 * @expect stall cause=blocking-call call=read detail=*fifo ms=250 function=tokio_tasks::read_file
 * wait=epoll_wait thread=tokio-runtime-w
 * @run many-computes many computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=225..600 function=tokio_tasks::compute wait=epoll_wait
 * thread=tokio-runtime-w
 * @run one-idle one idle
 * @expect clean
 * @run one-short one short
 * @expect clean
 * @run one-timer one timer
 * @expect stall cause=blocking-call call=nanosleep detail='300 ms' ms=300
 * function=tokio_tasks::on_event wait=epoll_wait thread=tokio-runtime-w
 * @run one-spawned one spawned
 * @expect stall cause=blocking-call call=nanosleep ms=300 function=tokio_tasks::on_event
 * wait=epoll_wait thread=tokio-runtime-w
 * @run one-mutex one mutex
 * @expect stall cause=lock call=futex ms=220..370 function=tokio_tasks::lock_held_elsewhere
 * wait=epoll_wait thread=tokio-runtime-w
 * @run one-fifo one fifo %d/fifo
 * @expect stall cause=blocking-call call=read detail=*fifo ms=250 function=tokio_tasks::read_file
 * wait=epoll_wait thread=tokio-runtime-w
 * @run single-idle single idle
 * @expect clean
 * @run single-short single short
 * @expect clean
 * @run single-timer single timer
 * @expect stall cause=blocking-call call=nanosleep detail='300 ms' ms=300
 * function=tokio_tasks::on_event wait=epoll_wait main=true
 * @run single-spawned single spawned
 * @expect stall cause=blocking-call call=nanosleep ms=300 function=tokio_tasks::on_event
 * wait=epoll_wait main=true
 * @run single-joins single joins
 * @expect stall cause=lock call=pthread_join ms=250..350 function=tokio_tasks::block_on_elsewhere
 * wait=epoll_wait main=true
 * @run single-fifo single fifo %d/fifo
 * @expect stall cause=blocking-call call=read detail=*fifo ms=250 function=tokio_tasks::read_file
 * wait=epoll_wait main=true
 * @run single-computes single computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=225..600 function=tokio_tasks::compute wait=epoll_wait
 * main=true
 */
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{mpsc, Arc, Mutex};
use std::time::{Duration};
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

static KEPT: AtomicU64 = AtomicU64::new(0);

/* What keeps a frame on the stack: something left to do after the last call. */
fn keep<T>(value: T) -> T {
    KEPT.fetch_add(1, Relaxed);
    value
}

#[inline(never)]
fn on_event() {
    keep(pause(300));
}

extern "C" {
    fn clock() -> i64; /* the process's CPU time, in us: some of it is the watchdog's */
}

#[inline(never)]
fn compute(ms: i64) {
    let end = unsafe { clock() } + ms * 1000;
    while unsafe { clock() } < end {
        keep(());
    }
}

#[inline(never)]
fn lock_held_elsewhere() {
    let mutex = Arc::new(Mutex::new(0));
    let (taken, is_taken) = mpsc::channel();
    let holder = {
        let mutex = mutex.clone();
        std::thread::spawn(move || {
            let guard = mutex.lock().unwrap();
            taken.send(()).unwrap();
            pause(220);
            drop(guard);
        })
    };
    is_taken.recv().unwrap();
    *keep(mutex.lock().unwrap()) += 1;
    holder.join().unwrap();
}

/* The workaround for `block_on` inside of a task, which tokio refuses: another thread, joined. */
#[inline(never)]
fn block_on_elsewhere() {
    let waits = std::thread::spawn(|| {
        single().block_on(async { tokio::time::sleep(Duration::from_millis(250)).await });
    });
    keep(waits.join().unwrap());
}

/* An answer that comes from another thread, awaited by a channel that blocks. */
#[inline(never)]
fn receive_blocking() {
    let (answer, is_answered) = mpsc::channel();
    std::thread::spawn(move || {
        pause(250);
        answer.send(7).unwrap();
    });
    assert_eq!(keep(is_answered.recv().unwrap()), 7);
}

/* std::fs in a task: a FIFO stands for a file on a slow disk. */
#[inline(never)]
fn read_file(path: std::path::PathBuf) {
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
            pause(250);
            file.write_all(b"late").unwrap();
        })
    };
    let mut text = String::new();
    std::fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(keep(text), "late");
    writer.join().unwrap();
}

fn single() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn runtime(kind: &str) -> Runtime {
    match kind {
        "many" => Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap(),
        "one" => Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
        _ => single(),
    }
}

fn stall(place: &str) {
    match place {
        "timer" | "spawned" | "nested" => on_event(),
        "computes" => compute(250),
        "mutex" => lock_held_elsewhere(),
        "joins" => block_on_elsewhere(),
        "channel" => receive_blocking(),
        "fifo" => read_file(std::env::args().nth(3).unwrap().into()),
        _ => (),
    }
}

async fn ticks(count: u32) {
    let mut every = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..count {
        every.tick().await;
    }
}

/* A future in a future in a future: the frames of nested calls. */
async fn outer(place: String) {
    inner(place).await;
}

async fn inner(place: String) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    stall(&place);
}

async fn readable() {
    let (mut from, mut to) = std::os::unix::net::UnixStream::pair().unwrap();
    from.set_nonblocking(true).unwrap();
    let source = AsyncFd::new(from.try_clone().unwrap()).unwrap();
    tokio::spawn(async move {
        ticks(2).await;
        to.write_all(b"x").unwrap();
        ticks(2).await;
    });
    let mut guard = source.readable().await.unwrap();
    guard.clear_ready();
    let mut byte = [0];
    from.read_exact(&mut byte).unwrap();
    on_event();
}

/* Together they take half a second, of a worker or of several; each one is short. */
async fn many_short() {
    for _ in 0..25 {
        let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(async { pause(1) })).collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
}

async fn run(place: String) {
    let others: Vec<_> = (0..3).map(|_| tokio::spawn(ticks(30))).collect();
    ticks(5).await;
    match place.as_str() {
        "short" => many_short().await,
        "pool" => tokio::task::spawn_blocking(on_event).await.unwrap(),
        "readable" => tokio::spawn(readable()).await.unwrap(),
        "nested" => tokio::spawn(outer(place)).await.unwrap(),
        "spawned" => tokio::spawn(async move { stall(&place) }).await.unwrap(),
        _ => tokio::spawn(async move {
            ticks(2).await;
            stall(&place);
        })
        .await
        .unwrap(),
    }
    for other in others {
        other.await.unwrap();
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    runtime(&words[1]).block_on(run(words[2].clone()));
    println!("done");
}
