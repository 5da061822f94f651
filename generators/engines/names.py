"""Pools of one-word names for stories; no word here is a number, a status word or another pool's word."""

PEOPLE = tuple(
    "Ada Bela Carla Dario Edith Farid Greta Hugo Ines Jonas Kira Leo Mina Nils Olga Pablo Quinn Rosa Sven Tara "
    "Uri Vera Walid Xenia Yusuf Zoe Amir Bruno Clara Diego Elif Fiona Goran Hana Ivan Jelena Karim Lucia Marek "
    "Nadia".split()
)
TOWNS = tuple(
    "Ashford Birkby Corley Denholm Elmstead Foxton Garford Hartwell Ilmer Kelby Langton Marden Norwell Oakham Penrith "
    "Quorn Redmire Selby Thornby Upton Verwood Wexham Yarrow Alston Bexley Crewe Dorking Egton Frome Gisburn Hexham "
    "Kirby Ludlow Malton Nantley Otley Pickford Ripley Settle Tadley".split()
)
CITIES = tuple(
    "Accra Bergen Cairo Dakar Essen Faro Geneva Hanoi Izmir Jakarta Kyoto Lima Malaga Nairobi Oslo Porto Quito Riga "
    "Seoul Tunis Utrecht Vienna Warsaw Xiamen Yerevan Zagreb Athens Bogota Chennai Dublin Edmonton Florence Glasgow "
    "Havana Istanbul Kigali Lagos Madrid Naples Osaka".split()
)
PACKAGES = tuple(
    "parser lexer router cache logger mailer crawler indexer ranker scheduler billing auth gateway metrics alerts "
    "storage backup importer exporter renderer planner resolver notifier tracker searcher profiler linter loader "
    "packer cleaner merger splitter sorter sampler encoder decoder signer checker builder watcher".split()
)
