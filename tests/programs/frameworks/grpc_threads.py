"""gRPC: threads take turns at one epoll set, some of them in the middle of the program's own calls; those
whose turn it is not wait for a condition of Abseil's, made of futexes. A client that waits for a slow answer
drives the set itself until another thread takes it over: none of that is a stall.

@needs: python:grpc
@run waits waits
@expect no-stalls
@run many many
@expect no-stalls
"""
import sys
import time
from concurrent import futures

import grpc


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        pause = 0.25 if details.method == "/test/slow" else 0
        return grpc.unary_unary_rpc_method_handler(lambda request, context: (time.sleep(pause), request)[1])


def main(run):
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Handler(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        fast, slow = channel.unary_unary("/test/fast"), channel.unary_unary("/test/slow")
        answers = [fast(b"a", timeout=20) for _ in range(100)]
        if run == "waits":
            answers += [slow(b"b", timeout=20) for _ in range(3)]
            time.sleep(0.2)
            answers += [slow(b"c", timeout=20)]
        else:
            waiting = [slow.future(b"d", timeout=20) for _ in range(8)]
            answers += [fast(b"e", timeout=20) for _ in range(20)] + [answer.result() for answer in waiting]
        print(b"".join(answers).decode())
    server.stop(0).wait()
    time.sleep(0.15)


main(sys.argv[1])
