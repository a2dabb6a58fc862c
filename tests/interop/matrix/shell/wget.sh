# wget.
if [ "$1" = stream ]; then stream=true; else stream=false; fi
wget --quiet --tries=1 --output-document=- https://api.openai.com/v1/chat/completions \
    --header "Authorization: Bearer $OPENAI_API_KEY" --header "Content-Type: application/json" \
    --post-data '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hi in Portuguese"}], "stream": '$stream'}'
