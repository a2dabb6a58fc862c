"""A Gradio app with a function that answers once and one that answers piece by piece."""

import sys
import time

import gradio


def greet(name):
    return f"Olá, {name}!"


def count(name, last):
    for number in range(int(last)):
        time.sleep(0.02)
        yield f"{name} {number}"


with gradio.Blocks() as app:
    name, last, said = gradio.Textbox(), gradio.Number(), gradio.Textbox()
    gradio.Button().click(greet, name, said, api_name="greet")
    gradio.Button().click(count, [name, last], said, api_name="count")
app.queue().launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), prevent_thread_lock=False, quiet=True)
