"""The hosts that the SDKs ask for when nobody tells them otherwise."""

OPENAI = "api.openai.com"
ANTHROPIC = "api.anthropic.com"
GEMINI = "generativelanguage.googleapis.com"
BEDROCK = "bedrock-runtime.us-east-1.amazonaws.com"
MISTRAL = "api.mistral.ai"
COHERE = "api.cohere.com"

HOSTS = (OPENAI, ANTHROPIC, GEMINI, BEDROCK, MISTRAL, COHERE)
