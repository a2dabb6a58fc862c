"""The terminal events of each protocol, as tables: by which event a stream says that it is complete, and who says so.

A row knows one event by its own fields, or by its name, never by a text that stands somewhere in it. Does not know how
a stream is cut into events, nor which of them is the last (see `terminal_events`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tapehead.llm.apis import Json
from tapehead.llm.events import Message
from tapehead.llm.json_rpc import JsonRpcCall, answers


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalEvent:
    """A terminal event: who ends a stream with it, and where that is written."""

    description: str
    source: str
    matches: Callable[[Message], bool] = lambda _: False
    """Whether a JSON object is this event; what is no such object is known otherwise."""
    names: frozenset[str] = frozenset()
    """Names (`event:`) by which a server-sent event is this one, whatever its data, or without any."""
    may_be_followed: bool = False
    """Whether servers are known to say more after it."""


def _typed(*types: str) -> Callable[[Message], bool]:
    return lambda message: message.get("type") in types


def _said(name: str, *values: str) -> Callable[[Message], bool]:
    return lambda message: message.get(name) in values


def _has(name: str) -> Callable[[Message], bool]:
    return lambda message: bool(message.get(name))


def _true(name: str) -> Callable[[Message], bool]:
    return lambda message: message.get(name) is True


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _candidate_finished(message: Message) -> bool:
    candidates = message.get("candidates")
    return isinstance(candidates, list) and any(bool(_object(each).get("finishReason")) for each in candidates)


def _prompt_blocked(message: Message) -> bool:
    return bool(_object(message.get("promptFeedback")).get("blockReason"))


def _text_generated(message: Message) -> bool:
    return "token" in message and isinstance(message.get("generated_text"), str)


# A2A specification, TaskState: the terminal states, and those in which it waits for somebody.
_A2A_ENDED = frozenset({"completed", "failed", "canceled", "rejected", "input-required", "auth-required"})
_A2A_STREAMING = frozenset({"message/stream", "tasks/resubscribe", "SendStreamingMessage", "SubscribeToTask"})


def _a2a_ended(update: Message) -> bool:
    """A2A 0.3 says what an update is in `kind`, 1.0 by the name that it stands under."""
    kind = update.get("kind")
    message = update if kind == "message" else _object(update.get("message"))
    if "messageId" in message and "parts" in message:
        return True
    status = update if kind in ("task", "status-update") else _object(update.get("statusUpdate") or update.get("task"))
    state = _object(status.get("status")).get("state")
    ended = isinstance(state, str) and state.lower().removeprefix("task_state_").replace("_", "-") in _A2A_ENDED
    return status.get("final") is True or ended


SSE_DONE = "[DONE]"
DONE = TerminalEvent(
    description="OpenAI chat and those who speak like it: the end",
    source="OpenAI API reference, chat streaming; openai-python _streaming.py stops reading here",
)

SSE_MESSAGES = (
    TerminalEvent(
        description="Anthropic Messages: the end",
        source="Claude docs, Streaming messages: the flow of events ends with message_stop",
        matches=_typed("message_stop"),
    ),
    TerminalEvent(
        description="Anthropic Messages and OpenAI Responses: an error in mid-stream",
        source="Claude docs, Streaming messages, Error events; OpenAI API reference, streaming events, error",
        matches=_typed("error"),
        may_be_followed=True,
    ),
    TerminalEvent(
        description="OpenAI Responses: the end; LiteLLM and others say [DONE] after it",
        source="OpenAI API reference, streaming events of the Responses API",
        matches=_typed("response.completed", "response.failed", "response.incomplete"),
    ),
    TerminalEvent(
        description="Cohere v2 chat: the end",
        source="Cohere docs, Streaming responses: message-end is the last event",
        matches=_typed("message-end"),
    ),
    TerminalEvent(
        description="Cohere v1 chat and generate: the end",
        source="Cohere API reference v1, Chat, StreamedChatResponse: stream-end has is_finished: true",
        matches=_true("is_finished"),
    ),
    TerminalEvent(
        description="Mistral agents and conversations: the end, or an error",
        source="Mistral API reference, Conversations, ConversationEvents",
        matches=_typed("conversation.response.done", "conversation.response.error"),
    ),
    TerminalEvent(
        description="Gemini: the answer is complete, or was stopped",
        source="Gemini API reference, Candidate.finishReason: if empty, the model has not stopped",
        matches=_candidate_finished,
        may_be_followed=True,  # with other candidates
    ),
    TerminalEvent(
        description="Gemini: the prompt was blocked, no candidate follows",
        source="Gemini API reference, PromptFeedback.blockReason",
        matches=_prompt_blocked,
        may_be_followed=True,
    ),
    TerminalEvent(
        description="llama.cpp's own completion API: the end",
        source="llama.cpp tools/server/README.md, POST /completion: `stop` is true in the last event of a stream",
        matches=_true("stop"),
    ),
    TerminalEvent(
        description="Hugging Face TGI: the last token, with the whole text",
        source="text-generation-inference API reference, StreamResponse: generated_text is null before the last",
        matches=_text_generated,
    ),
    TerminalEvent(
        description="AG-UI, which CopilotKit speaks, too: the run has ended",
        source="AG-UI docs, Events, Lifecycle events: RunFinished, RunError",
        matches=_typed("RUN_FINISHED", "RUN_ERROR"),
    ),
    TerminalEvent(
        description="Vercel AI SDK, UI message stream: the message is complete, or was aborted; [DONE] follows",
        source="AI SDK docs, Stream protocols, Data stream protocol: finish, abort and stream termination parts",
        matches=_typed("finish", "abort"),
        may_be_followed=True,
    ),
    TerminalEvent(
        description="Gradio: no event is to come on this stream",
        source="gradio routes.py, queue_data; gradio_client utils.py, stream_sse_v1plus stops at close_stream",
        matches=_said("msg", "close_stream"),
    ),
    TerminalEvent(
        description="Gradio: the one event asked for is done; close_stream follows where others may be asked for",
        source="gradio_client utils.py, get_pred_from_sse_v0 stops at process_completed",
        matches=_said("msg", "process_completed"),
        may_be_followed=True,
    ),
    TerminalEvent(
        description="Dify: the message is complete; Langflow and Flowise: the end",
        source="Dify API docs, Send chat message, ChunkChatCompletionResponse; Langflow API docs, Run flow, streaming",
        matches=_said("event", "message_end", "end"),
    ),
    TerminalEvent(
        description="Dify: the workflow is over, in a chat flow before the message is; an error",
        source="Dify API docs, Run workflow, ChunkCompletionResponse: workflow_finished, error",
        matches=_said("event", "workflow_finished", "error"),
        may_be_followed=True,
    ),
    TerminalEvent(
        description="A2A over plain HTTP: the task has ended, or waits for its user",
        source="A2A specification, Streaming: the stream completes when the task is in a terminal or interrupted state",
        matches=_a2a_ended,
        may_be_followed=True,
    ),
    TerminalEvent(
        description="OpenAI chat and those who speak like it, Gemini: an error in mid-stream",
        source="openai-python _streaming.py raises at a message with an `error` and closes; vLLM says [DONE] after it",
        matches=_has("error"),
        may_be_followed=True,
    ),
)

SSE_NAMES = (
    TerminalEvent(
        description="LangServe, LangGraph: the end, which has no data or null",
        source="langserve api_handler.py, stream; langserve client.py stops there; LangGraph server API, Create run, Stream",
        names=frozenset({"end"}),
    ),
    TerminalEvent(
        description="OpenAI and Azure Assistants, Replicate: the end",
        source="OpenAI API reference, Assistants streaming, done; Replicate docs, Streaming output, done",
        names=frozenset({"done"}),
    ),
    TerminalEvent(
        description="Gradio's plain HTTP API: the answer is complete",
        source="Gradio docs, Querying Gradio apps with curl: complete, error",
        names=frozenset({"complete"}),
    ),
    TerminalEvent(
        description="LangServe, LangGraph, Gradio, Replicate: an error in mid-stream",
        source="the same; Replicate says done after it",
        names=frozenset({"error"}),
        may_be_followed=True,
    ),
)

JSON_RPC_ANSWER = TerminalEvent(
    description="MCP over streamable HTTP, and JSON-RPC in general: the answer to the request's id",
    source="MCP specification, Streamable HTTP: after the response the server closes the stream",
)
A2A_ANSWER = TerminalEvent(
    description="A2A over JSON-RPC, each of whose events answers the same id: the last, as over plain HTTP",
    source="A2A specification, JSON-RPC binding, message/stream and SendStreamingMessage",
    may_be_followed=True,
)

NDJSON_MESSAGES = (
    TerminalEvent(
        description="Ollama: the end",
        source="Ollama API docs, generate and chat: the final response of the stream has done: true",
        matches=_true("done"),
    ),
    TerminalEvent(
        description="Ollama: an error in mid-stream",
        source="Ollama API docs, Errors that occur while streaming",
        matches=_has("error"),
    ),
    TerminalEvent(
        description="Cohere v1 chat and generate, without an Accept header for server-sent events: the end",
        source="Cohere API reference v1, Chat: application/stream+json",
        matches=_true("is_finished"),
    ),
    TerminalEvent(
        description="Langflow: the end",
        source="Langflow API docs, Run flow: without server-sent events each line is an event",
        matches=_said("event", "end"),
    ),
)

EXCEPTION = TerminalEvent(
    description="AWS event streams: an exception or error message",
    source="Smithy, event stream over HTTP: it ends the stream",  # a header says so
)
METADATA = TerminalEvent(
    description="Bedrock ConverseStream: after messageStop, usage and metrics, the last",
    source="Bedrock API reference, ConverseStream",  # likewise
)

CHUNK_MESSAGES = (
    TerminalEvent(
        description="Bedrock InvokeModelWithResponseStream: the metrics that Bedrock adds to the last chunk of any model",
        source="measured: in the message_stop chunk, and no other, of all 10 recorded streams",
        matches=_has("amazon-bedrock-invocationMetrics"),
    ),
    *SSE_MESSAGES,
)


def json_rpc_end(message: Message, call: JsonRpcCall) -> TerminalEvent | None:
    """Returns the row by which a JSON-RPC message ends the stream that answers `call`; None for any other message."""
    if not answers(message, call):
        return None
    if call.method not in _A2A_STREAMING:
        return JSON_RPC_ANSWER
    return A2A_ANSWER if "error" in message or _a2a_ended(_object(message.get("result"))) else None
