# SPDX-License-Identifier: LGPL-2.1-or-later
"""python3-dbusmock template: as much of systemd as makes scopes.

Parameter: "behaviour": "work", "fail" (the job does), "stuck" (the job never ends), "refuse"
or "silent" (no answer at all).
"""

import json
from pathlib import Path

import dbus
from dbusmock import MOCK_IFACE
from gi.repository import GLib

BUS_NAME = 'org.freedesktop.systemd1'
MAIN_OBJ = '/org/freedesktop/systemd1'
MAIN_IFACE = 'org.freedesktop.systemd1.Manager'
SYSTEM_BUS = True


def load(mock, parameters):
    mock.behaviour = parameters['behaviour']
    mock.started = []


def command_of(pid):
    return Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')[0].decode()


@dbus.service.method(MAIN_IFACE, in_signature='ssa(sv)a(sa(sv))', out_signature='o',
                     async_callbacks=('answer', 'refuse'))
def StartTransientUnit(self, name, mode, properties, aux, answer, refuse):
    told = {str(key): value for key, value in properties}
    self.started.append({
        'name': name, 'mode': mode, 'aux': list(aux),
        'properties': {**told, 'PIDs': [int(pid) for pid in told['PIDs']]},
        'commands': [command_of(pid) for pid in told['PIDs']],
    })
    job = f'/org/freedesktop/systemd1/job/{len(self.started)}'
    if self.behaviour == 'refuse':
        refuse(dbus.exceptions.DBusException('it is there', name=f'{BUS_NAME}.UnitExists'))
        return
    if self.behaviour == 'silent':
        return
    answer(job)
    if self.behaviour == 'stuck':
        return
    result = 'done' if self.behaviour == 'work' else 'failed'
    GLib.idle_add(lambda: self.EmitSignal(MAIN_IFACE, 'JobRemoved', 'uoss',
                                          [len(self.started), job, name, result]) and False)


@dbus.service.method(MOCK_IFACE, out_signature='s')
def Started(self):
    """Each call of StartTransientUnit, as JSON, with what its processes were then."""
    return json.dumps(self.started)
