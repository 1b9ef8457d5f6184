"""Drives the official OpenAI SDK and prints what it saw as one JSON object."""

import json
import sys

import openai

base_url, key, model = sys.argv[1:4]
client = openai.OpenAI(api_key=key, base_url=base_url + "/v1", max_retries=0)
tool = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
seen = {"version": openai.__version__}

completion = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "[[say Grüße 👋]]"}])
choice = completion.choices[0]
seen["whole"] = {"text": choice.message.content, "model": completion.model, "stop": choice.finish_reason}

pieces = []
usage = None
finish = None
for chunk in client.chat.completions.create(
    model=model,
    stream=True,
    stream_options={"include_usage": True},
    messages=[{"role": "user", "content": "[[say one two three four five]]"}],
):
    if chunk.usage is not None:
        usage = chunk.usage.completion_tokens
    for piece in chunk.choices:
        if piece.delta.content:
            pieces.append(piece.delta.content)
        finish = piece.finish_reason or finish
seen["stream"] = {"pieces": len(pieces), "text": "".join(pieces), "output_tokens": usage, "stop": finish}

question = {"role": "user", "content": '[[call weather {"city":"Wien"}]]'}
first = client.chat.completions.create(model=model, tools=[tool], messages=[question])
message = first.choices[0].message
call = message.tool_calls[0]
second = client.chat.completions.create(
    model=model,
    tools=[tool],
    messages=[
        question,
        message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ],
)
seen["tools"] = {
    "stop": first.choices[0].finish_reason,
    "name": call.function.name,
    "input": json.loads(call.function.arguments),
    "answer": second.choices[0].message.content,
}

try:
    client.chat.completions.create(model="anthropic/error-404", messages=[{"role": "user", "content": "x"}])
except openai.NotFoundError as error:
    seen["error"] = {"status": error.status_code, "type": error.body["type"]}

print(json.dumps(seen))
