import java.io.File;
import java.nio.channels.Selector;

/** A loop on NIO: `java NioLoop FILE`. It computes a little each time that it wakes, often enough for the compiler to have
 *  done its work, and says so; once FILE is there, it computes for 400 ms. */
public class NioLoop {
    static volatile double kept;

    static void computeALot(long milliseconds) {
        long end = System.nanoTime() + milliseconds * 1_000_000L;
        while (System.nanoTime() < end) {
            for (int i = 0; i < 1000; i++) {
                kept = Math.sqrt(kept + i);
            }
        }
    }

    static void onWake(long milliseconds) {
        computeALot(milliseconds);
    }

    public static void main(String[] arguments) throws Exception {
        File file = new File(arguments[0]);
        try (Selector selector = Selector.open()) {
            for (int i = 0; i < 300; i++) {
                selector.select(2);
                onWake(2);
            }
            System.out.println("warm");
            System.out.flush();
            for (int i = 0; i < 3000 && !file.exists(); i++) {
                selector.select(10);
            }
            onWake(400);
            selector.select(10);
            selector.select(10);
        }
        System.out.println("done");
    }
}
