#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Serves the files of a scheme, and a program, to guest operations.

    ./echo.py &
    vmxsim --control PATH guest -l USER:PASSWORD download /echo:/hello -      # prints "hello"
    echo hello | vmxsim --control PATH guest -l USER:PASSWORD run echo-upper  # prints "HELLO"

A file "/echo:/TEXT" holds TEXT; what is uploaded to one is printed here.  The program
"echo-upper" writes what it reads in capital letters; its exit code is its argument.
"""

import os
import signal
import sys

import gi

gi.require_version('Tbx', '1.0')
from gi.repository import Gio, GLib, Tbx  # noqa: E402

CHUNK = 65536


class Echo(Tbx.AgentFileHandler):
    """The scheme "echo"; a class that derives overrides what the signals call."""

    def __init__(self):
        super().__init__(scheme='echo')

    @staticmethod
    def content(request):
        return request.get_path()[1:].encode()

    def do_stat(self, request):
        request.return_found(len(self.content(request)), -1, 0o644)

    def do_open(self, request):
        if request.is_writing():
            self.receive(request)
        else:
            request.return_bytes(GLib.Bytes.new(self.content(request)))

    @staticmethod
    def receive(request):
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        request.return_fd(write_end)
        os.close(write_end)   # the daemon has its own copy
        path, got = request.get_path(), bytearray()
        stream = Gio.UnixInputStream.new(read_end, True)

        def on_read(stream, result):
            chunk = stream.read_bytes_finish(result).get_data()
            got.extend(chunk)
            if chunk:
                stream.read_bytes_async(CHUNK, GLib.PRIORITY_DEFAULT, None, on_read)
            else:
                print(f'{path}: {bytes(got)!r}', flush=True)

        stream.read_bytes_async(CHUNK, GLib.PRIORITY_DEFAULT, None, on_read)


class Upper:
    """One run of the program "echo-upper"."""

    def __init__(self, request):
        arguments = request.get_arguments().strip()
        self.code = int(arguments) if arguments.isdigit() else 0
        self.run = request.return_started()
        self.run.connect('terminate', lambda run: run.exit(143))
        self.read()

    def read(self):
        self.run.get_stdin().read_bytes_async(CHUNK, GLib.PRIORITY_DEFAULT, None, self.on_read)

    def on_read(self, stream, result):
        try:
            chunk = stream.read_bytes_finish(result).get_data()
        except GLib.Error:
            return   # it was terminated
        if not chunk:
            self.run.exit(self.code)
            return
        self.write(chunk.upper())

    def write(self, data):
        self.run.get_stdout().write_bytes_async(GLib.Bytes.new(data), GLib.PRIORITY_DEFAULT, None,
                                                self.on_written, data)

    def on_written(self, stream, result, data):
        try:
            rest = data[stream.write_bytes_finish(result):]
        except GLib.Error:
            self.run.exit(1)
            return
        if rest:
            self.write(rest)
        else:
            self.read()


def main():
    client = Tbx.Client.new_sync(None)
    program = Tbx.AgentProgram.new('echo-upper')
    program.connect('start', lambda agent, request: Upper(request) and None)
    for agent in (Echo(), program):
        try:
            client.register_sync(agent, None)
        except GLib.Error as error:
            sys.exit(f'toolboxd does not take it: {error.message}')
    print('Registered' if client.is_running() else 'Waiting for toolboxd', flush=True)
    loop = GLib.MainLoop()
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    loop.run()


if __name__ == '__main__':
    main()
