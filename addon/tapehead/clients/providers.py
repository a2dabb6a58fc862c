"""The hosts at which LLM providers are called. Data alone: who must not be hidden by a NO_PROXY."""

from types import MappingProxyType

PROVIDERS = MappingProxyType(
    {
        "OpenAI": "api.openai.com chatgpt.com *.api.openai.com",
        "Azure OpenAI": "*.openai.azure.com *.services.ai.azure.com *.cognitiveservices.azure.com *.inference.ai.azure.com",
        "Anthropic": "api.anthropic.com",
        "Google": "generativelanguage.googleapis.com aiplatform.googleapis.com *-aiplatform.googleapis.com",
        "Amazon Bedrock": (
            "bedrock-runtime.*-*-*.amazonaws.com bedrock-runtime-fips.*-*-*.amazonaws.com"
            " bedrock-agent-runtime.*-*-*.amazonaws.com bedrock-runtime.*-*-*.amazonaws.com.cn"
        ),
        "Mistral": "api.mistral.ai codestral.mistral.ai",
        "Cohere": "api.cohere.com api.cohere.ai",
        "Groq": "api.groq.com",
        "xAI": "api.x.ai",
        "DeepSeek": "api.deepseek.com",
        "OpenRouter": "openrouter.ai",
        "Together": "api.together.xyz api.together.ai",
        "Fireworks": "api.fireworks.ai",
        "Perplexity": "api.perplexity.ai",
        "Cerebras": "api.cerebras.ai",
        "SambaNova": "api.sambanova.ai",
        "Hugging Face": "router.huggingface.co api-inference.huggingface.co *.endpoints.huggingface.cloud",
        "Replicate": "api.replicate.com",
        "DeepInfra": "api.deepinfra.com",
        "NVIDIA": "integrate.api.nvidia.com",
        "GitHub": "models.github.ai api.githubcopilot.com",
        "AI21": "api.ai21.com",
        "Voyage": "api.voyageai.com",
        "Jina": "api.jina.ai",
        "Moonshot": "api.moonshot.ai api.moonshot.cn",
        "Z.ai": "api.z.ai open.bigmodel.cn",
        "Alibaba": "dashscope.aliyuncs.com dashscope-intl.aliyuncs.com",
        "MiniMax": "api.minimax.io api.minimaxi.com",
        "Ollama": "ollama.com",
    }
)
"""Hosts by provider, separated by spaces. A `*` stands for any part of one label."""

HOSTS = tuple(host for hosts in PROVIDERS.values() for host in hosts.split())
