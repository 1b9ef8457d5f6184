"""Drives the official Anthropic SDK and prints what it saw as one JSON object."""

import json
import sys

import anthropic

base_url, key, model = sys.argv[1:4]
client = anthropic.Anthropic(api_key=key, base_url=base_url, max_retries=0)
tool = {
    "name": "weather",
    "description": "Tells the weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
seen = {"version": anthropic.__version__}

message = client.messages.create(
    model=model, max_tokens=256, messages=[{"role": "user", "content": "[[say Grüße 👋]]"}]
)
seen["whole"] = {"text": message.content[0].text, "model": message.model, "stop": message.stop_reason}

with client.messages.stream(
    model=model, max_tokens=256, messages=[{"role": "user", "content": "[[say one two three four five]]"}]
) as stream:
    pieces = list(stream.text_stream)
    final = stream.get_final_message()
seen["stream"] = {
    "pieces": len(pieces),
    "text": "".join(pieces),
    "output_tokens": final.usage.output_tokens,
    "stop": final.stop_reason,
}

question = {"role": "user", "content": '[[call weather {"city":"Wien"}]]'}
first = client.messages.create(model=model, max_tokens=256, tools=[tool], messages=[question])
call = next(block for block in first.content if block.type == "tool_use")
second = client.messages.create(
    model=model,
    max_tokens=256,
    tools=[tool],
    messages=[
        question,
        {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "sunny"}]},
    ],
)
seen["tools"] = {
    "stop": first.stop_reason,
    "name": call.name,
    "input": call.input,
    "answer": "".join(block.text for block in second.content if block.type == "text"),
}

try:
    client.messages.create(model="anthropic/error-404", max_tokens=1, messages=[{"role": "user", "content": "x"}])
except anthropic.NotFoundError as error:
    seen["error"] = {"status": error.status_code, "type": error.body["error"]["type"]}

print(json.dumps(seen))
