module pacer

go 1.22
