"""Gradio's queue of calls by programs, with a bound, and with a place for everybody whoever else calls."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.queueing import Event, EventQueue, Queue
from gradio.server_messages import ProcessCompletedMessage

from zsbir.serving.uploads import uploads
from zsbir.ui.visitors import visitor_of

EACH, ALL = 100, 500  # calls that wait, of one visitor and of all
_NO_UPLOAD = "Expected a picture that was uploaded before, or its address, found neither; upload it."
_WORD = (str, int, float, type(None))  # what endpoints take besides a picture, which comes first
_CROWDED = "Expected fewer calls at once, found too many that wait; wait for those before."


class FairQueue(Queue):
    """Serves the visitors, and the sessions of each, in turn; whoever has the most waiting makes room for others."""

    def __init__(self, demo: gr.Blocks) -> None:
        super().__init__(
            live_updates=True, concurrency_count=demo.max_threads, update_intervals=1.0, max_size=None, blocks=demo
        )
        self._turn = 0
        self._served: dict[tuple[str, ...], int] = {}  # when each was last served

    async def push(self, body: Any, request: Any, username: str | None) -> Any:
        """As in Gradio, after making room for it. A file of the server is refused here, as Gradio logs a traceback."""
        picture, *words = body.data or (None,)
        if not _is_taken(picture) or not all(isinstance(word, _WORD) for word in words):
            return False, _NO_UPLOAD, "error"
        self._forget()
        visitor = visitor_of(request.scope)
        mine = [event for event in self._waiting() if _who(event)[0] == visitor]
        crowd = mine if len(mine) >= EACH else self._largest_crowd() if len(self) >= ALL else []
        if crowd and not await self._dismiss(crowd, at_least=1 if crowd is mine else len(mine) + 2):
            return False, _CROWDED, "queue_full"
        return await super().push(body, request, username)

    def get_events(self) -> tuple[list[Event], bool, str] | None:
        """The next call: of who was served longest ago, within that of the session that was."""
        for queue in self.event_queue_per_concurrency_id.values():
            self._put_next_first(queue)
        found = super().get_events()
        if found is not None:
            self._turn += 1
            visitor, session = _who(found[0][0])
            self._served[visitor,] = self._served[visitor, session] = self._turn
        return found

    def _put_next_first(self, queue: EventQueue) -> None:
        if queue.queue:
            first = min(
                queue.queue, key=lambda event: [self._served.get(who, 0) for who in (_who(event)[:1], _who(event))]
            )
            queue.queue.remove(first)
            queue.queue.insert(0, first)

    def _waiting(self) -> list[Event]:
        return [event for queue in self.event_queue_per_concurrency_id.values() for event in queue.queue]

    def _largest_crowd(self) -> list[Event]:
        waiting = self._waiting()
        ((most, _),) = Counter(_who(event)[0] for event in waiting).most_common(1)
        return [event for event in waiting if _who(event)[0] == most]

    async def _dismiss(self, crowd: list[Event], at_least: int) -> bool:
        """Sends away the newest call of the session with most of a crowd, unless the crowd is small."""
        if len(crowd) < at_least:
            return False
        ((most, _),) = Counter(event.session_hash for event in crowd).most_common(1)
        event = [event for event in crowd if event.session_hash == most][-1]
        await self.remove_from_queue(event._id)
        for file in event.data.data if event.data is not None else ():
            if isinstance(file, dict):
                uploads().used(Path(str(file.get("path"))))
        said = {"error": _CROWDED, "visible": True, "duration": 10, "title": "Error"}
        self.send_message(event, ProcessCompletedMessage(output=said, title="Error", success=False))
        return True

    def _forget(self) -> None:
        """What is known of sessions that nobody listens to any more; Gradio keeps it for ever."""
        for session in self.pending_event_ids_session.keys() - set(self.pending_messages_per_session):
            del self.pending_event_ids_session[session]
        if len(self._served) > 10 * ALL:
            self._served.clear()


def _is_taken(value: object) -> bool:
    """Whether it is none, or a picture that Gradio takes: among the uploads, or of the net."""
    if value is None:
        return True
    path, meta = (value.get("path"), value.get("meta")) if isinstance(value, dict) else (None, None)
    if not isinstance(path, str) or not isinstance(meta, dict) or meta.get("_type") != "gradio.FileData":
        return False
    is_address = path.lower().startswith(("http://", "https://"))
    return is_address or Path(os.path.normpath(path)).is_relative_to(uploads().folder)


def _who(event: Event) -> tuple[str, str]:
    return visitor_of(event.request.scope), event.session_hash
