<?php

$call = [
    'model' => 'gpt-4o-mini',
    'messages' => [['role' => 'user', 'content' => 'Say hi in Portuguese']],
    'stream' => $argv[1] === 'stream',
];
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => ['Authorization: Bearer ' . getenv('OPENAI_API_KEY'), 'Content-Type: application/json'],
    'content' => json_encode($call),
]]);
$answer = file_get_contents('https://api.openai.com/v1/chat/completions', false, $context);
if ($answer === false) {
    exit(1);
}
echo $answer;
