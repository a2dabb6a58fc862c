<?php

$call = [
    'model' => 'gpt-4o-mini',
    'messages' => [['role' => 'user', 'content' => 'Say hi in Portuguese']],
    'stream' => $argv[1] === 'stream',
];
$curl = curl_init('https://api.openai.com/v1/chat/completions');
curl_setopt_array($curl, [
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('OPENAI_API_KEY'), 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => json_encode($call),
    CURLOPT_FAILONERROR => true,
]);
if (!curl_exec($curl)) {
    fwrite(STDERR, curl_error($curl) . "\n");
    exit(1);
}
