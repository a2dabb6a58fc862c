# curl, which chooses HTTP/2 where it is offered.
if [ "$1" = stream ]; then stream=true; else stream=false; fi
curl --silent --show-error --fail --no-buffer https://api.openai.com/v1/chat/completions \
    --header "Authorization: Bearer $OPENAI_API_KEY" --header "Content-Type: application/json" \
    --data '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hi in Portuguese"}], "stream": '$stream'}'
