"""Awkward notebooks: what cells can do to a kernel, each a source or a source and its tags."""

from __future__ import annotations

import random

FAILS = ("raises-exception",)

STREAMS = [
    "import sys, os, time\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "for n in range(3):\n    print(n, flush=True)\n    print(-n, file=sys.stderr, flush=True)",
    "print('10%\\r20%\\r30%')\nprint('abc\\b\\bX')\nprint('no end', end='')",
    "print('żółć 日本語 🎉 \\u2028 \\x1b[31mred\\x1b[0m \\x00 \\t|')",
    "print('x' * 3_000_000)\nsys.stderr.write('y' * 1_000_000)",
    "import subprocess\nsubprocess.run(['sh', '-c', 'echo by a child; sleep 0.3; echo its error >&2'])\ntime.sleep(1)",
    "os.write(1, b'by number\\n')\nos.system('echo by the system')\ntime.sleep(0.5)",
    "!echo shell; echo its error >&2; exit 3\n_exit_code",
    "lines = !printf 'a\\nb'\nlines",
    "%%bash\necho from bash; echo its error >&2",
    "import threading\ndef say(n):\n    print('thread', n)\n"
    "for n in range(5):\n    t = threading.Thread(target=say, args=(n,)); t.start(); t.join()",
    "from multiprocessing import get_context\nwith get_context('fork').Pool(1) as pool:\n"
    "    print(pool.map(abs, [-1, -2]))",
    "import warnings\nwarnings.warn('look out')\nwarnings.warn('old', DeprecationWarning)\nwarnings.warn('look out')",
    "import logging\nlogging.warning('root')\nlogging.getLogger('a.b').error('named')\nlogging.info('silent')",
    "print(sys.stdout.isatty(), sys.stdout.encoding, type(sys.stdout).__name__, sys.stdin.read())",
    "sys.stdout.fileno() > 2, sys.stdin.fileno()",
]
DISPLAYS = [
    "1 + 1",
    "None",
    "display(1)\nprint('between')\ndisplay(2)\nprint('after')\n3",
    "from IPython.display import HTML, JSON, Image, Latex, Markdown, SVG, clear_output, display, update_display\n"
    "shown = display(HTML('<b>first</b>'), display_id='known')",
    "shown.update(HTML('<i>second</i>'))",
    "display(Markdown('*m*'), display_id='known')\nupdate_display(Markdown('**m**'), display_id='known')",
    "update_display('nobody', display_id='unknown')",
    "print('gone')\nclear_output()\nprint('kept')",
    "print('gone later')\nclear_output(wait=True)\nprint('kept')",
    "display('gone', display_id='g')\nclear_output()\ndisplay('kept', display_id='g')",
    "update_display('renewed', display_id='g')",
    "display({'text/html': '<p>raw</p>', 'text/plain': 'raw'}, raw=True, metadata={'text/html': {'isolated': True}})",
    "import base64\nImage(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD'\n"
    "    'hgGAWjR9awAAAABJRU5ErkJggg=='))",
    "JSON({'a': [1, None, 2.5]})",
    "display(Latex('$x$'), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    "class Rich:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'rich', 'application/x-own+json': {'k': 1}}, {'application/x-own+json': {'m': 2}}\n"
    "Rich()",
    ("class Broken:\n    def _repr_html_(self):\n        raise ValueError('no picture')\nBroken()", FAILS),
    "%%capture held\nprint('held back')\n4",
    "held.stdout, held.outputs",
    "%%html\n<u>magic</u>",
    "print('a'); 5;",
    "_, __, Out[1], len(In), _i",
    "import comm\nchannel = comm.create_comm(target_name='jupyter.widget', comm_id='w1', data={'state': {\n"
    "    '_model_name': 'IntSliderModel', '_model_module': '@jupyter-widgets/controls',\n"
    "    '_model_module_version': '2.0.0', 'value': 3}})\n"
    "display({'application/vnd.jupyter.widget-view+json': {'model_id': 'w1'}, 'text/plain': 'IntSlider()'}, raw=True)",
    "channel.send({'method': 'update', 'state': {'value': 4}})",
    "%matplotlib inline",
    "import pandas as pd\npd.DataFrame({'a': range(100), 'b': 1.23456789} | {f'c{n}': n for n in range(30)})",
    "pd.describe_option()",
    "import altair as alt\nprint(alt.renderers.active, alt.data_transformers.active)\n"
    "alt.Chart(pd.DataFrame({'a': [1, 2]})).mark_bar().encode(x='a:Q').add_params(alt.param(value=1))",
    ("skipped = 1 / 0", ("skip-execution",)),
    "",
]
ERRORS = [
    ("1 / 0", FAILS),
    (
        "def f(n):\n    return g(n)\ndef g(n):\n    try:\n        return {}[n]\n    except KeyError as error:\n"
        "        raise ValueError(f'żle: {n}') from error\nf('x')",
        FAILS,
    ),
    ("if True:\nprint(1)", FAILS),
    ("x = = 1", FAILS),
    ("undefined_name", FAILS),
    ("import pandas as pd\npd.DataFrame({'a': [1]})['b']", FAILS),
    ("raise ExceptionGroup('many', [ValueError(1), TypeError(2)])", FAILS),
    ("raise KeyboardInterrupt('by hand')", FAILS),
    ("class Mute(Exception):\n    def __str__(self):\n        raise RuntimeError('no words')\nraise Mute", FAILS),
    ("class Bad:\n    def __repr__(self):\n        raise ValueError('no repr')\nBad()", FAILS),
    ("input('name? ')", FAILS),
    ("import getpass\ngetpass.getpass()", FAILS),
    ("%no_such_magic", FAILS),
    ("%%bash\nexit 3", FAILS),
    ("import no_such_module", FAILS),
    ("from lib import no_such_room", FAILS),
    ("import asyncio\nawait asyncio.wait_for(asyncio.sleep(9), 0.01)", FAILS),
    ("async def h():\n    raise OSError(2, 'gone')\nawait h()", FAILS),
    ("print('before')\nprint('err', file=__import__('sys').stderr)\nraise SystemExit(3)", FAILS),
    "def deep(n):\n    return deep(n + 1)\ntry:\n    deep(0)\nexcept RecursionError as error:\n    print(error)",
    ("import sys\nsys.exit('with words')", FAILS),
    ("assert 1 == 2, 'sums'", FAILS),
    ("eval('1 +')", FAILS),
    "%tb",
    "%xmode Minimal",
    ("{}['k']", FAILS),
]
WORLD = [
    "import builtins, gc, locale, multiprocessing, os, resource, signal, sys, threading, warnings\n"
    "__name__, __builtins__ is builtins, sys.modules['__main__'].__dict__ is globals(), '__file__' in globals()",
    "sorted(globals())",
    "sorted(dir(builtins))",
    "[os.path.basename(sys.argv[0]), sys.argv[1], os.path.splitext(sys.argv[2])[1], *sys.argv[3:]]",
    "sys.path, os.getcwd(), sys.executable, sys.flags, sys._xoptions, sys.warnoptions",
    "sorted(os.environ)",
    "import hashlib\n{name: hashlib.sha256(os.environ[name].encode()).hexdigest()[:9] for name in sorted(os.environ)}",
    "os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid(), os.umask(0o22), os.isatty(0), os.getpriority(0, 0)",
    "signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD)",
    "{n: signal.getsignal(n) for n in signal.valid_signals()}",
    "sorted(t.name for t in threading.enumerate()), threading.current_thread() is threading.main_thread()",
    "multiprocessing.current_process().name, multiprocessing.parent_process(), multiprocessing.get_start_method()",
    "gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit(), sys.getswitchinterval(), locale.getlocale()",
    "resource.getrlimit(resource.RLIMIT_NOFILE), sorted(int(n) for n in os.listdir('/proc/self/fd'))[:3]",
    "get_ipython(), exit, quit, sorted(get_ipython().config)",
    "%lsmagic",
    "%pwd",
    "%cd .",
    "%env AWKWARD=1",
    "import os\nos.environ['AWKWARD']",
    "%precision 3\n3.14159",
    ("%config InlineBackend", FAILS),
    "%history",
    "%%writefile written.txt\nhello",
    "%who",
    "%alias",
    "len?",
    "get_ipython().set_next_input('x = 1')",
    "import asyncio\nawait asyncio.sleep(0)\ntype(asyncio.get_running_loop()).__name__",
    "task = asyncio.create_task(asyncio.sleep(0.05, 'later'))",
    "await task",
    "import contextvars\nv = contextvars.ContextVar('v', default=1)\nv.set(2)",
    "v.get()",
    "import pickle\nclass C:\n    x = 1\npickle.loads(pickle.dumps(C())).x, C.__module__",
    "import inspect\ndef shown():\n    return 1\ninspect.getsource(shown)",
    "get_ipython().run_cell('print(\"inner\"); 8').result",
    "import atexit, pathlib\natexit.register(pathlib.Path('ended.txt').write_text, 'ended')\nNone",
    "import logging\nlogging.getLogger().handlers, logging.getLogger().level",
    "import pandas, altair\n[str(f) for f in warnings.filters]",
    "import faulthandler\nfaulthandler.is_enabled(), sys.excepthook.__qualname__, sys.displayhook.__class__.__name__",
    ("%unload_ext nothing_loaded", FAILS),
    "del task\n%reset -f\nsorted(n for n in globals() if not n.startswith('_'))",
]
WORKING = [
    "import pyarrow as pa, pyarrow.compute as pc\npc.sum(pa.array(range(1_000_000))).as_py()",
    "table = pa.table({'k': list(range(1000)) * 200, 'v': range(200_000)})\n"
    "table.group_by('k').aggregate([('v', 'sum')]).num_rows",
    "import numpy as np\nm = np.ones((400, 400))\nfloat((m @ m).sum())",
    "import pandas as pd\npd.DataFrame({'a': list('ba' * 50_000), 'b': 1.0}).sort_values('a').groupby('a').b.sum()",
    "import io\nframe = pd.read_csv(io.StringIO('a,b\\n1,x\\n'), engine='pyarrow')\nframe.dtypes",
    "import vl_convert as vlc\n"
    "svg = vlc.vegalite_to_svg({'data': {'values': [{'a': 1}]}, 'mark': 'bar', 'encoding': {'x': {'field': 'a'}}})\n"
    "svg[:4]",
    "import subprocess, sys\n"
    "subprocess.run([sys.executable, '-c', 'import pandas; print(1)'], capture_output=True).stdout",
    "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
    "with ThreadPoolExecutor(4) as pool:\n    print(sum(pool.map(float, range(100))))",
    "import lib\nlib.__name__",
]
NOTEBOOKS = {"streams": STREAMS, "displays": DISPLAYS, "errors": ERRORS, "world": WORLD, "working": WORKING}
ENDS = {
    "error": ["print('before')", "def f():\n    return 1 / 0\nf()", "print('never')"],
    "syntax": ["1", "x = (", "2"],
    "exit 0": ["import sys", "print('bye')\nsys.exit(0)", "print('never')"],
    "exit empty": ["raise SystemExit", "print('never')"],
    "exit 1": ["import sys\nsys.exit(1)"],
    # Last, since ipykernel stops a tenth of a second after it is asked to: what follows may run or not.
    "asks to exit": ["print('before')", "exit"],
    "quits": ["print('before')", "quit()"],
    "death": ["print('before')", "import os, time\nprint('last', flush=True)\ntime.sleep(0.4)\nos._exit(7)", "1"],
    "crash": ["import os, signal, time\ntime.sleep(0.4)\nos.kill(os.getpid(), signal.SIGSEGV)", "1"],
    "interrupted": ["import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)", "1"],
}
FRAGMENTS = (
    "print({n})",
    "print({n}, end='')",
    "import sys; print({n}, file=sys.stderr)",
    "display({n})",
    "{n}",
    "h = display({n}, display_id='d{m}')",
    "update_display('u{n}', display_id='d{m}')",
    "clear_output(wait={b})",
    "display(HTML('<b>{n}</b>'), metadata={{'k': {n}}})",
    "import sys; sys.stdout.flush()",
    "await asyncio.sleep(0)",
    "raise ValueError({n})",
    "x = {n}",
)


def mixed(seed: int, cells: int = 60) -> list:
    """A notebook of fragments put together by chance: the same for the same seed."""
    chance = random.Random(seed)
    made = ["import asyncio\nfrom IPython.display import HTML, clear_output, update_display"]
    for number in range(cells):
        lines = [
            chance.choice(FRAGMENTS).format(n=number, m=chance.randrange(3), b=chance.random() < 0.5)
            for _ in range(chance.randint(1, 5))
        ]
        made.append(("\n".join(lines), FAILS))
    return made
