/*
 * Java: a loop on a Selector, as Netty has it, in a thread of its own; ways to block it, and what
 * the JVM's own threads do beside it: collecting garbage, compiling.
 *
 * @needs: command:javac
 * @run sleeps sleeps
 * @expect stall cause=lock|blocking-call
 * call=pthread_cond_timedwait|pthread_cond_wait|pthread_cond_clockwait ms=300 wait=epoll_wait
 * thread=selector main=false
 * @run nested nested
 * @expect stall cause=lock|blocking-call
 * call=pthread_cond_timedwait|pthread_cond_wait|pthread_cond_clockwait ms=300 wait=epoll_wait
 * thread=selector
 * @run locks locks
 * @expect stall cause=lock call=pthread_cond_timedwait|pthread_cond_wait ms=200..330
 * wait=epoll_wait thread=selector
 * @run fifo fifo %d/fifo
 * @expect stall cause=blocking-call call=open|read ms=200..400 wait=epoll_wait thread=selector
 * @run reads reads
 * @expect stall cause=* call=read|recv|poll ms=200..400 wait=epoll_wait thread=selector
 * @run computes computes
 * @alone: it computes, and another program would take half of its CPU
 * @expect stall cause=cpu call=null ms=250..700 wait=epoll_wait thread=selector
 * @run idle idle
 * @expect clean
 * @run garbage garbage
 * @expect clean
 * @run pool pool
 * @expect clean
 * @run after after
 * @expect clean
 */
import java.io.FileInputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.concurrent.Executors;

public class NioLoop {
    static String mode;
    static volatile Object kept;

    interface Work {
        void run() throws Exception;
    }

    static Thread inThread(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (Exception problem) {
                problem.printStackTrace();
                System.exit(1);
            }
        }, name);
        thread.start();
        return thread;
    }

    static void onEvent() throws Exception {
        Thread.sleep(300);
    }

    static void nested(int depth) throws Exception {
        if (depth == 0)
            onEvent();
        else
            nested(depth - 1);
    }

    static void compute(long ms) {
        var bean = java.lang.management.ManagementFactory.getThreadMXBean();
        long end = bean.getCurrentThreadCpuTime() + ms * 1000000;
        while (bean.getCurrentThreadCpuTime() < end)
            kept = new byte[16];
    }

    static void lockHeldElsewhere() throws Exception {
        Object lock = new Object();
        Thread holder = inThread("holder", () -> {
            synchronized (lock) {
                Thread.sleep(250);
            }
        });
        while (holder.getState() != Thread.State.TIMED_WAITING)
            Thread.onSpinWait();
        synchronized (lock) {
            kept = lock;
        }
    }

    /* A FIFO stands for a file on a slow disk. */
    static void readFile(String path) throws Exception {
        new ProcessBuilder("sh", "-c", "mkfifo \"$0\"; (sleep 0.3; echo late >\"$0\") &", path).start().waitFor();
        try (var file = new FileInputStream(path)) {
            if (file.read(new byte[16]) != 5)
                throw new Exception("read wrongly");
        }
    }

    /* A synchronous client, called from a handler. */
    static void readAnswer() throws Exception {
        try (var listener = new java.net.ServerSocket()) {
            listener.bind(new InetSocketAddress("127.0.0.1", 0));
            inThread("server", () -> {
                try (Socket connection = listener.accept()) {
                    Thread.sleep(260);
                    connection.getOutputStream().write('x');
                }
            });
            try (Socket client = new Socket("127.0.0.1", listener.getLocalPort())) {
                if (client.getInputStream().read() != 'x')
                    throw new Exception("read wrongly");
            }
        }
    }

    static void handle(int number, String[] words) throws Exception {
        if (number != 8)
            return;
        switch (mode) {
        case "sleeps" -> onEvent();
        case "nested" -> nested(5);
        case "locks" -> lockHeldElsewhere();
        case "fifo" -> readFile(words[1]);
        case "reads" -> readAnswer();
        case "computes" -> compute(250);
        case "pool" -> {
            var pool = Executors.newFixedThreadPool(4);
            for (int i = 0; i < 4; i++)
                pool.submit(() -> { onEvent(); return 0; });
            pool.shutdown();
        }
        default -> { }
        }
    }

    static void serve(ServerSocketChannel listener, String[] words) throws Exception {
        Selector selector = Selector.open();
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        for (int handled = 0; handled < 20; ) {
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    SocketChannel client = listener.accept();
                    client.configureBlocking(false);
                    client.register(selector, SelectionKey.OP_READ);
                } else {
                    ByteBuffer bytes = ByteBuffer.allocate(16);
                    ((SocketChannel) key.channel()).read(bytes);
                    handle(++handled, words);
                    ((SocketChannel) key.channel()).write(ByteBuffer.wrap(new byte[] {'x'}));
                }
            }
            selector.selectedKeys().clear();
        }
        selector.close();
    }

    static void makeGarbage() throws Exception {
        var list = new ArrayList<byte[]>();
        for (int i = 0; i < 200; i++) {
            list.add(new byte[200000]);
            if (i % 20 == 19) {
                list.clear();
                System.gc();
            }
            Thread.sleep(1);
        }
    }

    public static void main(String[] words) throws Exception {
        mode = words[0];
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress("127.0.0.1", 0));
        int port = ((InetSocketAddress) listener.getLocalAddress()).getPort();
        Thread selector = inThread("selector", () -> serve(listener, words));
        if (mode.equals("garbage"))
            inThread("garbage", NioLoop::makeGarbage);
        try (Socket client = new Socket("127.0.0.1", port)) {
            for (int i = 0; i < 20; i++) {
                client.getOutputStream().write(i);
                if (client.getInputStream().read() != 'x')
                    throw new Exception("answered wrongly");
                Thread.sleep(10);
            }
        }
        selector.join();
        if (mode.equals("after"))
            onEvent();
        System.out.println("done");
    }
}
