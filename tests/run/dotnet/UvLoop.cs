// libuv's loop run by .NET, as Kestrel did: its timer ticks twenty times, and once computes for long. For test_dotnet.py.
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

static class UvLoop
{
    delegate void OnTimer(IntPtr timer);

    [DllImport("libuv.so.1")] static extern IntPtr uv_default_loop();
    [DllImport("libuv.so.1")] static extern int uv_timer_init(IntPtr loop, IntPtr timer);
    [DllImport("libuv.so.1")] static extern int uv_timer_start(IntPtr timer, OnTimer callback, ulong first, ulong repeat);
    [DllImport("libuv.so.1")] static extern int uv_timer_stop(IntPtr timer);
    [DllImport("libuv.so.1")] static extern int uv_run(IntPtr loop, int mode);

    static int ticks;
    static long sum;

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void ComputeALot(int milliseconds)
    {
        DateTime end = DateTime.UtcNow.AddMilliseconds(milliseconds);
        while (DateTime.UtcNow < end)
            for (int i = 0; i < 1000; i++)
                sum += i ^ sum;
    }

    static void Tick(IntPtr timer)
    {
        if (++ticks == 10)
            ComputeALot(400);
        if (ticks == 20)
            uv_timer_stop(timer);
    }

    static int Main()
    {
        OnTimer tick = Tick;
        IntPtr loop = uv_default_loop(), timer = Marshal.AllocHGlobal(1024);
        uv_timer_init(loop, timer);
        uv_timer_start(timer, tick, 10, 10);
        uv_run(loop, 0);
        GC.KeepAlive(tick);
        Console.WriteLine("done");
        return 0;
    }
}
