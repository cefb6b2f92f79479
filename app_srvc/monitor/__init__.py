"""rqmonitor 1.0.6 inside the web application, for operators, on an rq that is six years younger.

The package is not changed: `loading` imports it, and puts functions of ours in the place of those
that its views call by name. What is mended, and where:

Compatibility with rq 2.12, Flask 3.1 and redis 8.1:

- C1 rq has no stack of connections any more: `loading` lends four functions while it imports.
- C2 Flask has no `before_app_first_request` any more: lent too; `views` sets what it would have.
- C3 Queues need a connection: `queues` lists and acts on them.
- C4, C7, C9 Jobs need a connection and a serializer, and have lost `get_id`: `jobs`.
- C5 Tracebacks have moved from the job to its results: `jobs`.
- C6 Workers need a connection, and have lost `default_worker_ttl`: `workers`.
- C8 A started job is listed with its execution's id: `jobs` reads that, `redis_side` removes it.
- C10 One address lacks its slash: it is only ever mounted below a prefix.
- C11 A blueprint that is in use cannot be changed: `loading` does it once, before.
- C12 It imports fabric to use ssh, which S6 does away with: `loading` lends empty modules.

Safety:

- S1 Everybody came in: our rule for operators is the first thing that its blueprint asks.
- S2 "Selected queues" meant all: static/monitor/rqmonitor.js sends the ticked ones, and `queues`
  takes no others.
- S3 Names went into the page as HTML: `safety` escapes every text in an answer.
- S4 No CSRF protection: its requests carry our token, or `webapp` refuses them.
- S5 The address of Redis was shown with its password: `redis_side` shows it without.
- S6 To delete a worker killed a process number found in Redis, or used ssh: `workers` tells it to
  stop, through Redis.
- S7 Pickles were loaded: `jobs` knows JSON alone.
- S8 To count ran clean-up, and callbacks with it, in the web process: `jobs` only counts.
- S9 To cancel a running job left it running: `effects` goes the way of our own button.
- S10 A page of jobs read all jobs: `jobs` reads the page.
- S11 "Memory" read every key, and Redis stood still meanwhile: `redis_side` asks how much it is.
- S12 All visitors shared the server that one of them chose: there is one.
- S13 Tracebacks of the server went to the browser: `safety` leaves them in the log.
- S14 Each list of workers asked DNS for their hosts, for seconds if it did not know: `workers`
  shows the name.
- S15 Its page needed inline scripts and `eval`: templates/rqmonitor/index.html, found before its
  own, and our script need neither, so that our content policy holds but for style attributes.

And our rows: `effects` is what its buttons do to them, `safety` notes who pressed which.
"""
